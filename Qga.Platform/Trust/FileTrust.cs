using Qga.Platform.Native;

namespace Qga.Platform.Trust;

/// <summary>Whether somebody else than root could have the agent run something of theirs.</summary>
public static class FileTrust
{
    /// <summary>
    /// How somebody else than root and ourselves could put something of theirs at a path, in words; null if nobody can. The directories
    /// and links on the way count too: who can write to one can put something else in its place.
    /// </summary>
    /// <param name="path">Relative to the current directory if it is relative. It need not exist.</param>
    public static string? Weakness(string path) => WeaknessOf(path)?.ToString();

    /// <inheritdoc cref="Weakness"/>
    internal static PathWeakness? WeaknessOf(string path)
    {
        using var walk = PathWalk.Along(Absolute(path));
        return walk.Weakness;
    }

    private static string Absolute(string path) => path.StartsWith('/') || LibC.ReadLink("/proc/self/cwd", out var current) != Errno.Success
        ? path
        : $"{current}/{path}";

    /// <summary>Whether it is a program that we may run.</summary>
    public static bool IsExecutable(string path) =>
        LibC.Status(path, out var status) == Errno.Success && status.IsRegularFile && LibC.IsExecutable(path) == Errno.Success;

    /// <summary>Whether a path leads to anything.</summary>
    public static bool Exists(string path) => LibC.Status(path, out _) == Errno.Success;

    /// <summary>Whether a path leads to a directory.</summary>
    public static bool IsDirectory(string path) => LibC.DirectoryStatus(path) == Errno.Success;

    /// <summary>Whether there is a directory for a file.</summary>
    public static bool HasDirectory(string path) => IsDirectory(path.LastIndexOf('/') is >= 0 and var end ? path[..(end + 1)] : ".");

    /// <summary>Whether files can be made in a directory.</summary>
    public static bool IsWritableDirectory(string path) =>
        LibC.DirectoryStatus(path) == Errno.Success && LibC.IsWritable(path) == Errno.Success;
}
