using Qga.Platform.Native;

namespace Qga.Platform.Files;

/// <summary>A file that others read while it is written anew: they see it as it was, or as it is, and never half of it.</summary>
public static class ReplacedFile
{
    /// <summary>Whether a file at that path is in memory, so that no freeze can hold up who writes it.</summary>
    public static bool IsInMemory(string path) => LibC.IsInMemory(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/");

    /// <param name="path">Its path; in the same directory another file is made for a moment.</param>
    /// <param name="content">What it is to have.</param>
    /// <exception cref="PlatformException">It can't be written; it is as it was then.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var fresh = $"{path}.{Environment.ProcessId}";
        var flags = LibC.O_WRONLY | LibC.O_CREAT | LibC.O_EXCL | LibC.O_NOFOLLOW;
        SystemCallException.ThrowIfFailed(LibC.Open(fresh, flags, FileModes.ReadableFile, out var file), $"failed to make {fresh}");
        try
        {
            using (file)
            {
                SystemCallException.ThrowIfFailed(LibC.ChangeMode(file, FileModes.ReadableFile), $"failed to write {fresh}");
                SystemCallException.ThrowIfFailed(LibC.WriteAll(file, content), $"failed to write {fresh}");
            }

            SystemCallException.ThrowIfFailed(LibC.Rename(fresh, path), $"failed to replace {path}");
        }
        catch
        {
            _ = LibC.Unlink(fresh);
            throw;
        }
    }
}
