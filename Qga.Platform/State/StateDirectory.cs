using Qga.Platform.Native;
using Qga.Platform.Trust;

namespace Qga.Platform.State;

/// <summary>The directory of the state files.</summary>
public static class StateDirectory
{
    public const string Default = "/var/run";

    /// <summary>Makes the default directory where there is none. Any other is made by whoever names it.</summary>
    /// <param name="path">Absolute: an agent that starts in the middle of a freeze has to find the same one from everywhere.</param>
    /// <exception cref="StateException">It is not absolute, or can't be made.</exception>
    public static void Prepare(string path)
    {
        if (!path.StartsWith('/'))
            throw new StateException($"state directory \"{path}\" is no absolute path") { IsLasting = true };
        if (path == Default && LibC.Status(path, out _) == Errno.ENOENT && Make(path) is not Errno.Success and var errno)
            throw new StateException($"failed to create {path}: {LibC.TextOf(errno)}") { IsLasting = SystemCallException.IsLastingError(errno) };
    }

    /// <summary>Who else could put files there, and what that means, in words; null if nobody can.</summary>
    public static string? Weakness(string path) => FileTrust.Weakness(path) is { } weakness
        ? $"{weakness}, and {path} is the state directory: others can have the agent take the guest for frozen"
        : null;

    /// <summary>Makes what a path leads to that is missing, as <c>mkdir -p</c>: as a rule the default is a link to /run.</summary>
    private static Errno Make(string path)
    {
        var parent = Path.GetDirectoryName(path)!;
        if (LibC.ReadLink(path, out var target) == Errno.Success)
            return Make(Path.TrimEndingDirectorySeparator(Path.GetFullPath(target, parent)));
        var errno = LibC.Status(parent, out _) == Errno.ENOENT ? Make(parent) : Errno.Success;
        return errno == Errno.Success ? LibC.MakeDirectory(path, FileModes.ReadableDirectory) : errno;
    }
}
