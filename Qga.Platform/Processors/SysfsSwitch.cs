using Qga.Platform.Native;

namespace Qga.Platform.Processors;

/// <summary>Files of /sys that tell a state in a word and take another one.</summary>
internal static class SysfsSwitch
{
    private const int LongestWord = 64;

    /// <returns>The state, which is never empty; null where there is no such file.</returns>
    /// <exception cref="PlatformException">The file can't be read, or is empty.</exception>
    internal static byte[]? Read(string path)
    {
        // The kernel gives the whole word at once (sysfs.rst), and a guest may have thousands of these files.
        Span<byte> word = stackalloc byte[LongestWord];
        var count = 0;
        var errno = LibC.Open(path, LibC.O_RDONLY, out var file);
        using (file)
        {
            if (errno == Errno.Success)
                errno = LibC.Read(file, word, out count);
        }

        if (errno is Errno.ENOENT or Errno.ENODEV)      // the latter where it was unplugged since it was opened
            return null;
        SystemCallException.ThrowIfFailed(errno, $"pread(\"{path}\")");
        return count > 0 ? word[..count].ToArray() : throw new PlatformException($"pread(\"{path}\"): unexpected EOF");
    }

    internal static Errno Write(string path, ReadOnlySpan<byte> word)
    {
        var errno = LibC.Open(path, LibC.O_WRONLY, out var file);
        using (file)
            return errno == Errno.Success ? LibC.WriteAll(file, word) : errno;
    }
}
