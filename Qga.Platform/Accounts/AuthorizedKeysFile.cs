using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.Users;

namespace Qga.Platform.Accounts;

/// <summary>
/// <c>.ssh/authorized_keys</c> in a user's home. The way to the home is the administrator's, and its symbolic links are followed;
/// all from there on is the user's, who may change it under our hands. So each step is one name in a directory that is held open,
/// no link is followed, and what is opened is looked at before it is used.
/// </summary>
/// <remarks>To be used with the user's own rights: see <see cref="UserIdentity"/>.</remarks>
internal sealed class AuthorizedKeysFile(UserAccount user)
{
    /// <summary>In bytes; more than ten times what the largest ones have.</summary>
    internal const int MaximumSize = 1 << 20;

    private const string FolderName = ".ssh";
    private const string FileName = "authorized_keys";

    private readonly string _folderPath = Path.Combine(user.Home, FolderName);
    private readonly string _path = Path.Combine(user.Home, FolderName, FileName);

    private string NotRead => $"failed to read '{_path}': Failed to open file \u201C{_path}\u201D";

    private string NotMade => $"failed to create directory '{_folderPath}'";

    private string NotWritten => $"failed to write to '{_path}'";

    /// <summary>Reads it.</summary>
    /// <exception cref="PlatformException">It can't be read, or there is none.</exception>
    public ReadOnlyMemory<byte> Read()
    {
        using var home = TryOpenHome(NotRead);
        using var folder = TryOpenFolder(home, NotRead);
        return TryRead(folder) ?? throw new SystemCallException(Errno.ENOENT, NotRead);
    }

    /// <summary>Replaces it by what <paramref name="change"/> makes of it; makes it, and its folder, if need be.</summary>
    /// <param name="change">Is given no text at all for a file that there is not.</param>
    /// <param name="reset">Whether what is in it now does not matter.</param>
    /// <exception cref="PlatformException">It can't be read or written, and is as it was.</exception>
    public void Write(Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> change, bool reset)
    {
        using var home = TryOpenHome(NotMade) ?? throw new SystemCallException(Errno.ENOENT, NotMade);
        using var folder = TryOpenFolder(home, $"failed to open '{_folderPath}'") ?? MakeFolder(home);
        Replace(folder, change(reset ? null : TryRead(folder)));
    }

    /// <summary>Replaces it by what <paramref name="change"/> makes of it, if there is one.</summary>
    /// <exception cref="PlatformException">It can't be read or written, and is as it was.</exception>
    public void WriteIfThere(Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> change)
    {
        using var home = TryOpenHome(NotRead);
        using var folder = TryOpenFolder(home, NotRead);
        if (TryRead(folder) is { } text)
            Replace(folder!, change(text));
    }

    private SafeFileHandle? TryOpenHome(string failure)
    {
        // What is not absolute would be a place below ours.
        if (!Path.IsPathRooted(user.Home))
            return null;
        var errno = LibC.Open(user.Home, LibC.O_PATH | LibC.O_DIRECTORY, out var home);
        return IsThere(errno, failure) ? home : null;
    }

    private SafeFileHandle? TryOpenFolder(SafeFileHandle? home, string failure) =>
        home is null ? null : TryOpen(home, FolderName, LibC.O_DIRECTORY, failure, Objection);

    private SafeFileHandle MakeFolder(SafeFileHandle home)
    {
        SystemCallException.ThrowIfFailed(LibC.MakeDirectoryAt(home, FolderName, FileModes.OwnersDirectory), NotMade);
        var folder = TryOpenFolder(home, NotMade) ?? throw new SystemCallException(Errno.ENOENT, NotMade);
        var errno = GiveToUser(folder, FileModes.OwnersDirectory);
        if (errno == Errno.Success)
            return folder;
        folder.Dispose();
        throw new SystemCallException(errno, $"failed to set ownership of directory '{_folderPath}'");
    }

    private byte[]? TryRead(SafeFileHandle? folder)
    {
        // A FIFO or a lease of the user must not hold us up.
        using var file = folder is null
            ? null
            : TryOpen(folder, FileName, LibC.O_NONBLOCK | LibC.O_NOCTTY, NotRead, status => status switch
            {
                { IsRegularFile: false } => "it is not a regular file",
                { Links: > 1 } => "it has another name elsewhere, by a hard link",
                _ => Objection(status),
            });
        if (file is null)
            return null;

        var failure = $"failed to read '{_path}'";
        SystemCallException.ThrowIfFailed(LibC.ReadToEnd(file, out var content, MaximumSize), failure);
        return content.Length <= MaximumSize
            ? content
            : throw new PlatformException($"{failure}: it is larger than {MaximumSize} bytes");
    }

    /// <summary>What speaks against a file; null if nothing does. sshd(8) is as strict about the owner.</summary>
    private string? Objection(LibC.FileStatus status) =>
        status.Uid == user.UserId || status.Uid == 0 ? null : $"it belongs to another user, with ID {status.Uid}";

    /// <summary>Opens what is no symbolic link; null if there is nothing.</summary>
    private static SafeFileHandle? TryOpen(
        SafeFileHandle directory, string name, int flags, string failure, Func<LibC.FileStatus, string?> objection)
    {
        var errno = LibC.OpenAt(directory, name, LibC.O_RDONLY | LibC.O_NOFOLLOW | flags, UnixFileMode.None, out var file);

        // A link is ENOTDIR where a directory is asked for, else ELOOP, which is hard to read both.
        if (errno is Errno.ENOTDIR or Errno.ELOOP && IsLink(directory, name))
            throw new PlatformException($"{failure}: {name} is a symbolic link, which is not followed");
        if (!IsThere(errno, failure))
            return null;

        errno = LibC.Status(file, out var status);
        var reason = errno == Errno.Success ? objection(status) : LibC.TextOf(errno);
        if (reason is null)
            return file;
        file.Dispose();
        throw new PlatformException($"{failure}: {reason}");
    }

    /// <summary>The new text takes the place of the old one at once, or not at all.</summary>
    private void Replace(SafeFileHandle folder, ReadOnlyMemory<byte> text)
    {
        if (text.Length > MaximumSize)
            throw new PlatformException($"{NotWritten}: it would be larger than {MaximumSize} bytes");

        // A name that was never given yet, also where there is no randomness to be had.
        var name = $".{FileName}.{Environment.ProcessId:x}-{Stopwatch.GetTimestamp():x}";
        SystemCallException.ThrowIfFailed(
            LibC.OpenAt(folder, name, LibC.O_WRONLY | LibC.O_CREAT | LibC.O_EXCL | LibC.O_NOFOLLOW, FileModes.OwnersFile, out var file), NotWritten);
        using (file)
        {
            var errno = GiveToUser(file, FileModes.OwnersFile);
            if (errno == Errno.Success)
                errno = LibC.WriteAll(file, text.Span);
            if (errno == Errno.Success)
                errno = LibC.Synchronize(file);
            if (errno == Errno.Success)
                errno = LibC.RenameAt(folder, name, FileName);
            if (errno != Errno.Success)
                LibC.UnlinkAt(folder, name);
            SystemCallException.ThrowIfFailed(errno, NotWritten);
        }

        // Not every filesystem knows this of a directory.
        if (LibC.Synchronize(folder) is not (Errno.Success or Errno.EINVAL) and var unsafely)
            throw new SystemCallException(unsafely, NotWritten);
    }

    /// <summary>The group may be that of the directory instead (mkdir(2)), and the umask may have taken rights away.</summary>
    private Errno GiveToUser(SafeFileHandle file, UnixFileMode mode)
    {
        var errno = LibC.ChangeOwner(file, user.UserId, user.GroupId);
        return errno == Errno.Success ? LibC.ChangeMode(file, mode) : errno;
    }

    private static bool IsLink(SafeFileHandle directory, string name) =>
        LibC.LinkStatusAt(directory, name, out var status) == Errno.Success && status.IsSymbolicLink;

    private static bool IsThere(Errno errno, string failure)
    {
        if (errno == Errno.ENOENT)
            return false;
        SystemCallException.ThrowIfFailed(errno, failure);
        return true;
    }
}
