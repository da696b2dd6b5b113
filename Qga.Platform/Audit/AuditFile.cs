using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.Audit;

/// <summary>
/// The audit file as it is written: by one agent at a time, only if nobody but root could have put something else in its place, and each record
/// whole or not at all. For one thread, but for what says otherwise.
/// </summary>
/// <param name="path">Its path. The directory is made if it alone is missing.</param>
/// <param name="spool">What agents before this one could not write.</param>
internal sealed class AuditFile(string path, AuditSpool spool) : IDisposable
{
    private SafeFileHandle? _file;

    /// <summary>The hash of the last record; null as long as nobody has looked.</summary>
    private string? _last;

    private volatile bool _mustReopen;
    private volatile AuditHead? _head;

    /// <summary>What this agent has written last. For any thread.</summary>
    internal AuditHead? Head => _head;

    /// <summary>Has the next record go to what the path leads to then. For any thread.</summary>
    internal void Reopen() => _mustReopen = true;

    /// <summary>Writes a record behind the last.</summary>
    /// <returns>Why it could not be written; null if it was.</returns>
    internal string? Append(AuditRecord record)
    {
        if (_mustReopen)
            Dispose();
        _mustReopen = false;
        if ((_file is null ? Open() : Look()) is { } reason)
            return reason;

        var failure = AppendBody(AuditChain.BodyOf(record));
        if (failure is null)
            _head = new AuditHead(record.Sequence, _last!);
        return failure;
    }

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }

    /// <summary>Why a file can't be the audit file, by what it is; null if it can.</summary>
    internal static string? FaultOf(string path, in LibC.FileStatus status) =>
        status.IsSymbolicLink ? $"{path} is a symbolic link" :
        !status.IsRegularFile ? $"{path} is no regular file" :
        status.Uid != LibC.EffectiveUserId() ? $"{path} belongs to user {status.Uid}" :
        status.IsWritableByOthers ? $"{path} is writable by group or others (mode {FileModes.Octal(status.Permissions)})" :
        status.Links > 1 ? $"{path} has {status.Links} names" :
        null;

    /// <summary>A file that was removed is made anew; what is written to it is nowhere.</summary>
    private string? Look()
    {
        if (LibC.Status(_file!, out var status) == Errno.Success && status.Links > 0)
            return null;
        Dispose();
        return Open();
    }

    private string? Open()
    {
        var fault = AuditDirectory.Open(AuditDirectory.Of(path), makes: true, out var directory);
        using (directory)
            return fault ?? OpenIn(directory);
    }

    private string? OpenIn(SafeFileHandle directory)
    {
        // Also to read, for its end; a FIFO is opened then without anybody at its other end.
        var flags = LibC.O_RDWR | LibC.O_APPEND | LibC.O_CREAT | LibC.O_NOFOLLOW | LibC.O_NONBLOCK | LibC.O_NOCTTY;
        var errno = LibC.OpenAt(directory, AuditDirectory.NameOf(path), flags, FileModes.OwnersFile, out _file);
        var status = default(LibC.FileStatus);
        if (errno == Errno.Success)
            errno = LibC.Status(_file, out status);
        var fault = errno switch
        {
            Errno.ELOOP => $"{path} is a symbolic link",
            not Errno.Success => $"failed to open {path}: {LibC.TextOf(errno)}",
            _ => FaultOf(path, status) ?? (LibC.Lock(_file) == Errno.Success ? EndLine(status) ?? AppendKept() : $"another agent writes to {path}"),
        };
        if (fault is not null)
            Dispose();
        return fault;
    }

    /// <summary>Writes what an agent before this one could not, as the guest was frozen.</summary>
    private string? AppendKept()
    {
        foreach (var body in spool.Read())
        {
            if (AppendBody(body) is { } failure)
                return failure;
        }

        spool.Remove();
        return null;
    }

    private string? AppendBody(string body)
    {
        var failure = Write(AuditChain.LineOf(body, _last!, out var hash));
        if (failure is null)
            _last = hash;
        return failure;
    }

    /// <summary>Finds the end of the chain. A last line without its end was being written when the agent or the guest ended.</summary>
    private string? EndLine(in LibC.FileStatus status)
    {
        var end = AuditLines.LastOf(_file!, status.Size);
        _last ??= end is { } last ? AuditChain.HashOf(last.Line) : LastOfRotated() ?? AuditChain.Origin;
        return end is { IsWhole: false } ? Write("\n"u8) : null;
    }

    /// <summary>The hash of the last record of the file before this one, which logrotate has renamed while no agent ran.</summary>
    private string? LastOfRotated()
    {
        foreach (var rotated in AuditFiles.Rotated(path).Reverse())
        {
            if (LibC.Open(rotated, LibC.O_RDONLY | LibC.O_NOFOLLOW | LibC.O_NONBLOCK, out var file) != Errno.Success)
                continue;
            using (file)
            {
                if (LibC.Status(file, out var status) == Errno.Success && status.IsRegularFile && AuditLines.LastOf(file, status.Size) is { } last)
                    return AuditChain.HashOf(last.Line);
            }
        }

        return null;
    }

    /// <summary>Writes all of it or, as on a full disk, nothing.</summary>
    private string? Write(ReadOnlySpan<byte> bytes)
    {
        _ = LibC.Status(_file!, out var status);
        var errno = LibC.WriteAll(_file!, bytes);
        if (errno == Errno.Success)
            return null;
        if (LibC.Truncate(_file!, status.Size) != Errno.Success)
        {
            // A part of it is there for good: the chain goes on behind that.
            _last = null;
            Dispose();
        }

        return $"failed to write {path}: {LibC.TextOf(errno)}";
    }
}
