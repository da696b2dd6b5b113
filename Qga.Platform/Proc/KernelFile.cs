using Qga.Platform.Native;

namespace Qga.Platform.Proc;

/// <summary>Files in which the kernel tells something, in /proc and /sys: read as a whole.</summary>
internal static class KernelFile
{
    /// <summary>Reads a file; what can't be read is empty.</summary>
    public static Errno Read(string path, out byte[] content)
    {
        content = [];
        var errno = LibC.Open(KernelPath.Encode(path), LibC.O_RDONLY, 0, out var file);
        using (file)
            return errno == Errno.Success ? LibC.ReadToEnd(file, out content) : errno;
    }

    /// <summary>The content of a file without the line feeds at its end; null if it can't be read.</summary>
    public static string? TryRead(string path) =>
        Read(path, out var content) == Errno.Success ? KernelPath.Decode(content.AsSpan().TrimEnd((byte)'\n')) : null;
}
