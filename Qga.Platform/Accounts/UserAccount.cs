using Qga.Platform.Native;

namespace Qga.Platform.Accounts;

/// <summary>A user as the guest's name service knows him.</summary>
internal sealed record UserAccount(string Name, uint UserId, uint GroupId, string Home)
{
    /// <summary>All groups that he is in, the one above too.</summary>
    public uint[] Groups { get; init; } = [GroupId];

    /// <summary>Asks the name service.</summary>
    /// <exception cref="PlatformException">There is no such user, or nobody knows whether there is.</exception>
    public static UserAccount Find(string name)
    {
        UserAccount? account = null;

        // In a C string such a name would be another one.
        var errno = name.Contains('\0') ? Errno.Success : LibC.FindUser(name, out account);

        // A name that is merely unknown is no failure to the C library (getpwnam(3)), and qemu-ga says "Success" then.
        return account ?? throw new PlatformException(Errno.Success, $"failed to lookup user '{name}': {LibC.TextOf(errno)}");
    }
}
