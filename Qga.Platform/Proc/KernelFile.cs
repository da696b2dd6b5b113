using System.Runtime.CompilerServices;
using Qga.Platform.Native;

namespace Qga.Platform.Proc;

/// <summary>Files in which the kernel tells something, in /proc and /sys: read as a whole.</summary>
internal static class KernelFile
{
    private const int PageSize = 4096;

    /// <summary>Reads a file; what can't be read is empty.</summary>
    public static Errno Read(string path, out byte[] content)
    {
        content = [];
        var errno = LibC.Open(path, LibC.O_RDONLY, out var file);
        using (file)
            return errno == Errno.Success ? LibC.ReadToEnd(file, out content) : errno;
    }

    /// <summary>The content of a file without the line feeds at its end; null if it can't be read.</summary>
    public static string? TryRead(string path) => Read(path, out var content) == Errno.Success ? Text(content) : null;

    /// <summary>As <see cref="TryRead"/>, for a file that one read gives whole if it is shorter than a page, as those of sysfs are.</summary>
    [SkipLocalsInit]
    public static string? TryReadAttribute(string path)
    {
        Span<byte> page = stackalloc byte[PageSize];
        int length;
        var errno = LibC.Open(path, LibC.O_RDONLY, out var file);
        using (file)
        {
            length = 0;
            if (errno == Errno.Success)
                errno = LibC.Read(file, page, out length);
        }

        if (errno != Errno.Success)
            return null;
        return length < PageSize ? Text(page[..length]) : TryRead(path);
    }

    private static string Text(ReadOnlySpan<byte> content) => KernelPath.Decode(content.TrimEnd((byte)'\n'));
}
