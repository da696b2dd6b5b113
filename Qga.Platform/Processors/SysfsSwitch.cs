using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.Processors;

/// <summary>Files of /sys that tell a state in a word and take another one.</summary>
internal static class SysfsSwitch
{
    /// <returns>The state, which is never empty; null where there is no such file.</returns>
    /// <exception cref="PlatformException">The file can't be read, or is empty.</exception>
    internal static byte[]? Read(string path)
    {
        var errno = KernelFile.Read(path, out var content);
        if (errno == Errno.ENOENT)
            return null;
        PlatformException.ThrowIfFailed(errno, $"pread(\"{path}\")");
        return content.Length > 0 ? content : throw new PlatformException(Errno.Success, $"pread(\"{path}\"): unexpected EOF");
    }

    internal static Errno Write(string path, ReadOnlySpan<byte> word)
    {
        var errno = LibC.Open(path, LibC.O_WRONLY, 0, out var file);
        using (file)
            return errno == Errno.Success ? LibC.WriteAll(file, word) : errno;
    }
}
