using Microsoft.Win32.SafeHandles;

namespace Qga.Client;

/// <summary>Files of the host that are copied.</summary>
internal static class LocalFile
{
    /// <summary>What a mode says of who may read, write and execute.</summary>
    internal const UnixFileMode Permissions = (UnixFileMode)0x1FF;

    private const UnixFileMode Usual = UnixFileMode.UserRead | UnixFileMode.UserWrite
        | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    internal static FileStream OpenToRead(string path) => new(
        path,
        new FileStreamOptions
        {
            Access = FileAccess.Read,
            Share = FileShare.ReadWrite | FileShare.Delete,
            Options = FileOptions.SequentialScan,
            BufferSize = 0,
        });

    /// <summary>The file that a copy replaces: of a symbolic link the one behind it, or the link.</summary>
    /// <exception cref="IOException">There is something else than a regular file.</exception>
    /// <exception cref="UnauthorizedAccessException">It is a directory.</exception>
    internal static string TargetOf(string path, bool isLinkReplaced = false)
    {
        var full = Path.GetFullPath(path);
        if (LocalFileStatus.TryOf(full) is { IsLink: true } link)
        {
            if (isLinkReplaced)
                return full;

            // As the kernel has it for what is put into the way of root in /tmp, proc_sys_fs(5).
            var folder = LocalFileStatus.TryOf(Path.GetDirectoryName(full)!);
            if (link.User != LocalFileStatus.OwnUser && link.User != folder?.User)
                throw new IOException($"{path} is a symbolic link of another user, which is not followed");
            full = File.ResolveLinkTarget(full, returnFinalTarget: true)!.FullName;
        }

        if (Path.EndsInDirectorySeparator(full) || Directory.Exists(full))
            throw new UnauthorizedAccessException($"{path} is a directory");
        if (LocalFileStatus.TryOf(full) is { IsRegular: false })
            throw new IOException($"{path} is no regular file, and not replaced; it can be written to as a stream");
        return full;
    }

    /// <summary>Gives a file its owner and mode before it takes a place.</summary>
    /// <param name="file">The file.</param>
    /// <param name="target">The place, with a file that is there or not.</param>
    /// <param name="mode">Null for that of the file that is there; a new one gets what is usual.</param>
    /// <param name="owner">Null for that of the file that is there, as far as that may be done.</param>
    internal static void SetAttributes(SafeFileHandle file, string target, UnixFileMode? mode, (uint User, uint Group)? owner)
    {
        var replaced = LocalFileStatus.TryOf(target) is { IsLink: false } there ? there : null;
        if (owner is null && replaced is not null && Environment.IsPrivilegedProcess)
            owner = (replaced.User, replaced.Group);

        // To change the owner takes bits from the mode.
        if (owner is { } whose)
            LocalFileStatus.SetOwner(file, whose.User, whose.Group);
        File.SetUnixFileMode(file, mode ?? (replaced is not null ? replaced.Mode & Permissions : Usual & ~Mask()));
    }

    /// <summary>What new files of this process don't allow; umask(2) itself can't be asked without setting it for everybody.</summary>
    internal static UnixFileMode Mask()
    {
        const string Name = "Umask:";
        var line = File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(Name, StringComparison.Ordinal));
        return line is null ? UnixFileMode.GroupWrite | UnixFileMode.OtherWrite : (UnixFileMode)Convert.ToInt32(line[Name.Length..].Trim(), 8);
    }
}
