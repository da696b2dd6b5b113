using Qga.Platform.Native;

namespace Qga.Platform.Diagnosis;

/// <summary>Whether somebody else than root could have the agent run something of theirs.</summary>
public static class FileTrust
{
    private const ushort OthersMayWrite = 0x12; // 0022
    private const ushort Sticky = 0x200; // 01000

    /// <summary>Why a program must not be run as root, in words; null if all is well. A path that leads nowhere is well.</summary>
    /// <param name="path">Absolute. The directories above it count too: who can write to one can put something else in its place.</param>
    public static string? Weakness(string path)
    {
        var weakness = WeaknessOfName(path);
        var real = FileSystemSurvey.RealPathOf(path);
        return weakness is null && real is not null && real != path ? WeaknessOfName(real) : weakness;
    }

    private static string? WeaknessOfName(string path)
    {
        for (var name = path; name is not null; name = Path.GetDirectoryName(name))
        {
            if (LibC.Status(name, out var status) != Errno.Success)
                continue;
            if (status.Uid != 0 && status.Uid != LibC.EffectiveUserId())
                return $"{name} belongs to user {status.Uid}";

            // In a directory as /tmp nobody can replace what is root's.
            var isSafe = status.IsDirectory && name != path && (status.Mode & Sticky) != 0;
            if ((status.Mode & OthersMayWrite) != 0 && !isSafe)
                return $"{name} is writable by group or others (mode {Convert.ToString(status.Mode & 0xFFF, 8).PadLeft(4, '0')})";
        }

        return null;
    }

    /// <summary>Whether it is a program that we may run.</summary>
    public static bool IsExecutable(string path) =>
        LibC.Status(path, out var status) == Errno.Success && status.IsRegularFile && LibC.IsExecutable(path) == Errno.Success;

    /// <summary>Whether files can be made in a directory.</summary>
    public static bool IsWritableDirectory(string path) =>
        LibC.DirectoryStatus(path) == Errno.Success && LibC.IsWritable(path) == Errno.Success;
}
