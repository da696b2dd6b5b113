using Qga.Platform.Native;

namespace Qga.Platform.Users;

/// <summary>A user as the guest's name service knows it.</summary>
internal sealed record UserAccount(string Name, uint UserId, uint GroupId, string Home)
{
    /// <summary>All groups that the user is in, the one above too.</summary>
    public uint[] Groups { get; init; } = [GroupId];

    /// <summary>The program that a login runs; empty for the usual one.</summary>
    public string Shell { get; init; } = "";

    /// <summary>Asks the name service.</summary>
    /// <exception cref="PlatformException">There is no such user, or nobody knows whether there is.</exception>
    public static UserAccount Find(string name)
    {
        UserEntry? user = null;

        // In a C string such a name would be another one.
        var errno = name.Contains('\0') ? Errno.ENOENT : LibC.FindUser(name, out user);
        if (user is not null)
            return new UserAccount(name, user.Id, user.Group, user.Home) { Groups = LibC.GroupsOf(name, user.Group), Shell = user.Shell };

        throw MeansNone(errno)
            ? new PlatformException($"failed to lookup user '{name}': there is no such user")
            : new SystemCallException(errno, $"failed to lookup user '{name}'");
    }

    /// <summary>Whether there is a user of that name; null if nobody knows.</summary>
    /// <param name="name">The name.</param>
    /// <param name="id">Who it is, if there is one.</param>
    public static bool? Exists(string name, out uint id)
    {
        UserEntry? user = null;
        var errno = name.Contains('\0') ? Errno.ENOENT : LibC.FindUser(name, out user);
        id = user?.Id ?? 0;
        return user is not null ? true : MeansNone(errno) ? false : null;
    }

    /// <summary>See getpwnam(3); the first is what "Success" in the words of qemu-ga comes from.</summary>
    private static bool MeansNone(Errno errno) => errno is Errno.Success or Errno.ENOENT or Errno.ESRCH or Errno.EBADF or Errno.EPERM;
}
