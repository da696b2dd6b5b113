using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.Policy;
using Qga.Platform.Processes;
using Qga.Platform.Users;

namespace Qga.Platform.Files;

/// <summary>Opens files of a Linux guest in non-blocking mode: opening or reading a FIFO or a terminal comes back at once.</summary>
public sealed class LinuxGuestFileOpener : IGuestFileOpener
{
    /// <summary>How often a file may be made and removed by others while it is opened.</summary>
    private const int MostTries = 8;

    public IGuestFile Open(string path, OpenMode mode, FileJudge? judge = null)
    {
        // No file name holds a NUL; handed to the C library, the path would be cut there and name another file.
        if (path.Contains('\0', StringComparison.Ordinal))
            throw Failed("open file", path, mode, Errno.ENOENT);
        if (judge is not null)
            return OpenDecided(path, mode, judge);

        var flags = FlagsOf(mode);
        if ((flags & LibC.O_CREAT) != 0 && TryCreate(path, mode, flags) is { } created)
            return created;

        var errno = LibC.Open(path, flags & ~LibC.O_CREAT, out var file);
        return errno == Errno.Success ? new LinuxGuestFile(file) : throw Failed("open file", path, mode, errno);
    }

    /// <summary>Makes the file with mode 0 and opens it up by fchmod: nobody else opens it in between, and the umask has no say.</summary>
    /// <returns>Null if the file exists.</returns>
    private static LinuxGuestFile? TryCreate(string path, OpenMode mode, int flags)
    {
        var errno = LibC.Open(path, flags | LibC.O_EXCL, UnixFileMode.None, out var file);
        if (errno == Errno.EEXIST)
            return null;
        if (errno != Errno.Success)
            throw Failed("open file", path, mode, errno);

        errno = LibC.ChangeMode(file, FileModes.ReadableFile);
        if (errno == Errno.Success)
            return new LinuxGuestFile(file);

        file.Dispose();
        _ = LibC.Unlink(path);
        throw Failed("set permission 0644 on new file", path, mode, errno);
    }

    private static int FlagsOf(OpenMode mode) => mode.Flags | LibC.O_NOCTTY | LibC.O_NONBLOCK;

    /// <summary>
    /// Resolves the path, has decided of what it leads to, and opens that by its descriptor: nothing is opened, made or emptied before, and what
    /// becomes of the path meanwhile doesn't matter.
    /// </summary>
    private static LinuxGuestFile OpenDecided(string path, OpenMode mode, FileJudge judge)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            using var file = ResolvedFile.Open(path);
            LinuxGuestFile? opened = null;
            if (judge(file) is { User: { } user })
                UserIdentity.Run(GuestUsers.Own.Find(user), () => opened = TryOpenAsUser(path, file, mode));
            else
                opened = TryOpen(path, file, mode);
            if (opened is not null)
                return opened;
        }

        throw Failed("open file", path, mode, Errno.EEXIST);
    }

    /// <summary>
    /// Goes to the file once more, with the rights of the user, as whom every directory on the way must be open: by its own path, as the one that
    /// was asked for may lead past them.
    /// </summary>
    private static LinuxGuestFile? TryOpenAsUser(string path, ResolvedFile decided, OpenMode mode)
    {
        using var file = decided.TryReach(out var errno);
        return file is not null ? TryOpen(path, file, mode) : throw Failed("open file", path, mode, errno);
    }

    /// <returns>Null if the file was made or removed meanwhile.</returns>
    private static LinuxGuestFile? TryOpen(string path, ResolvedFile file, OpenMode mode)
    {
        var flags = FlagsOf(mode);
        if (file.CanBeMade && (flags & LibC.O_CREAT) != 0)
            return TryCreate(path, file, mode, flags);
        if (file.Errno != Errno.Success)
            throw Failed("open file", path, mode, file.Errno);

        var errno = LibC.Open(ResolvedFile.NameOf(file.Handle), flags & ~LibC.O_CREAT, out var opened);
        return errno == Errno.Success ? new LinuxGuestFile(opened) : throw Failed("open file", path, mode, errno);
    }

    /// <returns>Null if there is a file now.</returns>
    private static LinuxGuestFile? TryCreate(string path, ResolvedFile file, OpenMode mode, int flags)
    {
        var errno = LibC.OpenAt(file.Handle, file.Missing!, flags | LibC.O_EXCL | LibC.O_NOFOLLOW, UnixFileMode.None, out var created);
        if (errno == Errno.EEXIST)
        {
            // A link that leads nowhere is there for good; qemu-ga does not make what it leads to either.
            return LibC.LinkStatusAt(file.Handle, file.Missing!, out var status) == Errno.Success && status.IsSymbolicLink
                ? throw Failed("open file", path, mode, Errno.ENOENT)
                : null;
        }

        if (errno == Errno.Success)
            errno = LibC.ChangeMode(created, FileModes.ReadableFile);
        else
            throw Failed("open file", path, mode, errno);
        if (errno == Errno.Success)
            return new LinuxGuestFile(created);

        created.Dispose();
        _ = LibC.UnlinkAt(file.Handle, file.Missing!);
        throw Failed("set permission 0644 on new file", path, mode, errno);
    }

    private static SystemCallException Failed(string action, string path, OpenMode mode, Errno errno) =>
        new(errno, $"failed to {action} '{path}' (mode: '{mode.Text}')");
}

/// <summary>An open file of a Linux guest: plain system calls on the descriptor's own position.</summary>
public sealed class LinuxGuestFile : IGuestFile
{
    private readonly SafeFileHandle _file;
    private int _closed;

    internal LinuxGuestFile(SafeFileHandle file) => _file = file;

    public FileRead Read(Span<byte> buffer)
    {
        var total = 0;
        while (total < buffer.Length)
        {
            var errno = LibC.Read(_file, buffer[total..], out var count);
            if (errno == Errno.EAGAIN && total > 0)
                break;
            SystemCallException.ThrowIfFailed(errno, "failed to read file");
            if (count == 0)
                return new FileRead(total, EndOfFile: true);
            total += count;
        }

        return new FileRead(total, EndOfFile: false);
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        var errno = LibC.WriteAll(_file, bytes);
        SystemCallException.ThrowIfFailed(errno, "failed to write to file");
    }

    public long Seek(long offset, SeekOrigin origin)
    {
        var errno = LibC.Seek(_file, offset, (int)origin, out var position);
        return errno == Errno.Success ? position : throw new SystemCallException(errno, "failed to seek file");
    }

    public void Close()
    {
        // Once only: a moment later the number of the descriptor may be another file's.
        var errno = Interlocked.Exchange(ref _closed, 1) == 0 ? LibC.Close(_file) : Errno.EBADF;
        SystemCallException.ThrowIfFailed(errno, "failed to close handle");
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
            _file.Dispose();
    }
}
