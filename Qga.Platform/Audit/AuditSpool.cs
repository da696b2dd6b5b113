using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.State;

namespace Qga.Platform.Audit;

/// <summary>
/// What waits to be written to the audit file, once more, in memory that outlives the agent: in the directory of the sockets. An agent that is
/// killed, or ends while the guest is frozen or the disk is full, loses nothing by it: the next one writes what is left. A line is a record without
/// the two hashes. One agent at a time has it. For one thread at a time.
/// </summary>
/// <param name="auditFile">Where it is to be written in the end.</param>
/// <param name="directory">Where it is kept.</param>
/// <param name="takesFiles">Whether that directory is there, and in memory.</param>
internal sealed class AuditSpool(string auditFile, string directory, Func<bool> takesFiles) : IDisposable
{
    /// <summary>How much of what is written already may lie before what waits.</summary>
    private const int MostStale = 1024 * 1024;

    /// <summary>What is had before a freeze: to ask for memory then may have to wait for a frozen filesystem.</summary>
    private const int Reserved = 128 * 1024;

    /// <summary>More than any agent leaves; what is longer was not written by one.</summary>
    private const int Longest = 64 * 1024 * 1024;

    private readonly string _path = $"{directory}/audit-{Sha256.HexOf(KernelPath.Bytes(auditFile)).AsSpan(0, 16)}";
    private SafeFileHandle? _file;
    private long _size;
    private bool _isWhole;

    /// <summary>In the directory of the sockets.</summary>
    internal AuditSpool(string auditFile)
        : this(auditFile, RuntimeDirectory.Path, static () => RuntimeDirectory.TryMake(isFrozen: true))
    {
    }

    /// <summary>Whether it has all that waits.</summary>
    internal bool IsWhole => _file is not null && _isWhole;

    /// <summary>Whether so much of it is written that it is worth to begin anew.</summary>
    internal bool IsStale => _size > MostStale;

    /// <summary>Takes it, if there is a place for it and no other agent has it.</summary>
    /// <returns>What agents before this one have left, the oldest first.</returns>
    internal IReadOnlyList<byte[]> Open()
    {
        if (!takesFiles())
            return [];
        var flags = LibC.O_RDWR | LibC.O_APPEND | LibC.O_CREAT | LibC.O_NOFOLLOW | LibC.O_NONBLOCK;
        var content = Array.Empty<byte>();
        if (LibC.Open(_path, flags, FileModes.OwnersFile, out var file) != Errno.Success
            || LibC.Lock(file) != Errno.Success
            || LibC.ReadToEnd(file, out content, Longest) != Errno.Success)
        {
            file.Dispose();
            return [];
        }

        // The last line may have been cut off where the guest had no memory for it.
        List<byte[]> lines = [];
        for (var rest = content.AsSpan(); rest.IndexOf((byte)'\n') is >= 0 and var end; rest = rest[(end + 1)..])
            lines.Add(rest[..end].ToArray());
        (_file, _size, _isWhole) = (file, lines.Sum(line => line.Length + 1L), true);
        if (_size < content.Length)
            _ = LibC.Truncate(file, _size);
        return lines;
    }

    /// <summary>Keeps one more.</summary>
    internal void Add(byte[] body) => Write([body]);

    /// <summary>Has only these from now on.</summary>
    internal void Replace(IReadOnlyCollection<byte[]> bodies)
    {
        if (_file is null || (_size == 0 && bodies.Count == 0))
            return;
        (_size, _isWhole) = (0, LibC.Truncate(_file) == Errno.Success);
        Write(bodies);
    }

    /// <summary>Has memory for some of what is to come.</summary>
    internal void Reserve()
    {
        if (_file is not null)
            _ = LibC.Allocate(_file, _size + Reserved);
    }

    public void Dispose()
    {
        if (_file is not null)
            LibC.CloseLocked(_file);
        _file = null;
    }

    private void Write(IReadOnlyCollection<byte[]> bodies)
    {
        if (_file is null || !_isWhole || bodies.Count == 0)
            return;
        var lines = new ArrayBufferWriter<byte>();
        foreach (var body in bodies)
        {
            lines.Write(body);
            lines.Write("\n"u8);
        }

        // What has found no room is in our memory alone, and so is all that follows, until there is room for all of it.
        _isWhole = LibC.WriteAll(_file, lines.WrittenSpan) == Errno.Success;
        if (_isWhole)
            _size += lines.WrittenCount;
        else
            _ = LibC.Truncate(_file, _size);
    }
}
