using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.Audit;

/// <summary>
/// The audit file as it is written: by one agent at a time, only if nobody but root could have put something else in its place, and each record
/// whole or not at all. For one thread, but for what says otherwise.
/// </summary>
/// <param name="path">Its path. The directory is made if it alone is missing.</param>
internal sealed class AuditFile(string path) : IDisposable
{
    private SafeFileHandle? _file;

    /// <summary>The hash of the last record; null as long as nobody has looked.</summary>
    private string? _last;

    /// <summary>The last whole record that an agent before this one has written; null once that was looked at.</summary>
    private byte[]? _lastLine;

    private volatile bool _mustReopen;
    private volatile AuditHead? _head;

    /// <summary>What this agent has written last. For any thread.</summary>
    internal AuditHead? Head => _head;

    /// <summary>Has the next record go to what the path leads to then. For any thread.</summary>
    internal void Reopen() => _mustReopen = true;

    /// <summary>Writes records behind the last.</summary>
    /// <param name="records">Each without the two hashes.</param>
    /// <param name="written">How many of them, from the first on, are in the file.</param>
    /// <returns>Why the next could not be written; null if all were.</returns>
    internal string? Append(IReadOnlyList<AuditEntry> records, out int written)
    {
        written = 0;
        if (_mustReopen)
            Dispose();
        _mustReopen = false;
        if ((_file is null ? Open() : Look()) is { } reason)
            return reason;

        var skipped = CountWritten(records);
        var lines = new ArrayBufferWriter<byte>();
        List<(int End, string Hash)> ends = [];
        foreach (var record in records.Skip(skipped))
        {
            var hash = AuditChain.AppendLine(lines, record.Bytes, ends is [.., var before] ? before.Hash : _last!);
            ends.Add((lines.WrittenCount, hash));
        }

        var failure = Write(lines.WrittenSpan, out var size, [.. ends.Select(each => each.End)]);
        var count = ends.FindLastIndex(each => each.End <= size) + 1;
        written = skipped + count;
        if (count > 0)
        {
            _last = _last is null ? null : ends[count - 1].Hash;
            if (records[written - 1].Stamp is { } stamp)
                _head = new AuditHead(stamp.Sequence, ends[count - 1].Hash);
        }

        return failure;
    }

    public void Dispose()
    {
        if (_file is not null)
            LibC.CloseLocked(_file);
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
            _ => FaultOf(path, status) ?? (LibC.Lock(_file) == Errno.Success ? EndLine(status) : $"another agent writes to {path}"),
        };
        if (fault is not null)
            Dispose();
        return fault;
    }

    /// <summary>
    /// How many of what agents before this one have left were written all the same: whoever was killed right then could not note it. The last record
    /// that is in the file tells.
    /// </summary>
    private int CountWritten(IReadOnlyList<AuditEntry> records)
    {
        if (_lastLine is not { } last)
            return 0;
        _lastLine = null;
        var left = records.TakeWhile(record => record.Stamp is null).ToList();
        return left.FindLastIndex(record => AuditChain.IsLineOf(last, record.Bytes)) + 1;
    }

    /// <summary>Finds the end of the chain. A last line without its end was being written when the agent or the guest ended.</summary>
    private string? EndLine(in LibC.FileStatus status)
    {
        var end = AuditLines.LastOf(_file!, status.Size);
        if (_last is null)
        {
            var last = end ?? LastOfRotated();
            (_last, _lastLine) = (last is { } found ? AuditChain.HashOf(found.Line) : AuditChain.Origin, last?.LastWhole);
        }

        return end is { IsWhole: false } ? Write("\n"u8, out _, [1]) : null;
    }

    /// <summary>The last line of the file before this one, which logrotate has renamed while no agent ran.</summary>
    private AuditLine? LastOfRotated()
    {
        foreach (var rotated in AuditFiles.Rotated(path).Reverse())
        {
            if (LibC.Open(rotated, LibC.O_RDONLY | LibC.O_NOFOLLOW | LibC.O_NONBLOCK, out var file) != Errno.Success)
                continue;
            using (file)
            {
                if (LibC.Status(file, out var status) == Errno.Success && status.IsRegularFile && AuditLines.LastOf(file, status.Size) is { } last)
                    return last;
            }
        }

        return null;
    }

    /// <summary>Writes lines, as on a full disk maybe only the first of them, and no part of one.</summary>
    /// <param name="bytes">The lines.</param>
    /// <param name="written">How many bytes are there for good.</param>
    /// <param name="ends">Where each line ends.</param>
    private string? Write(ReadOnlySpan<byte> bytes, out long written, IReadOnlyList<int> ends)
    {
        _ = LibC.Status(_file!, out var before);
        var errno = LibC.WriteAll(_file!, bytes);
        written = bytes.Length;
        if (errno == Errno.Success)
            return null;
        _ = LibC.Status(_file!, out var after);
        written = ends.LastOrDefault(end => end <= after.Size - before.Size);
        if (LibC.Truncate(_file!, before.Size + written) != Errno.Success)
        {
            // A part of a line is there for good: the chain goes on behind that.
            _last = null;
            Dispose();
        }

        return $"failed to write {path}: {LibC.TextOf(errno)}";
    }
}
