using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.Audit;

/// <summary>A line of an audit file, without its line feed.</summary>
/// <param name="Line">Its bytes.</param>
/// <param name="IsWhole">Whether it has a line feed: else it is being written, or whoever wrote it has ended.</param>
/// <param name="LastWhole">It, or the one before it; null if there is none.</param>
public readonly record struct AuditLine(byte[] Line, bool IsWhole, byte[]? LastWhole);

/// <summary>Reads an audit file line by line, and goes on where more was written.</summary>
public sealed class AuditLines : IDisposable
{
    /// <summary>More than any record takes.</summary>
    internal const int LongestLine = 4 * 1024 * 1024;

    private const int BlockSize = 64 * 1024;

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly MemoryStream _begun = new();
    private readonly byte[] _block = new byte[BlockSize];
    private ReadOnlyMemory<byte> _rest;

    private AuditLines(string path, SafeFileHandle file) => (_path, _file) = (path, file);

    /// <summary>Opens a file; <c>-</c> is standard input.</summary>
    /// <exception cref="PlatformException">It can't be read.</exception>
    public static AuditLines Open(string path)
    {
        if (path == "-")
            return new AuditLines("standard input", new SafeFileHandle(0, ownsHandle: false));
        var errno = LibC.Open(path, LibC.O_RDONLY | LibC.O_NONBLOCK | LibC.O_NOCTTY, out var file);
        if (errno == Errno.Success && LibC.Status(file, out var status) == Errno.Success && !status.IsRegularFile)
        {
            file.Dispose();
            throw new PlatformException($"{path} is no regular file");
        }

        SystemCallException.ThrowIfFailed(errno, $"failed to open {path}");
        return new AuditLines(path, file);
    }

    /// <summary>Whether the path leads to this very file still.</summary>
    public bool IsCurrent => LibC.Status(_path, out var now) == Errno.Success && LibC.Status(_file, out var opened) == Errno.Success
        && now.IsSameFileAs(opened);

    /// <summary>The next line that is whole.</summary>
    /// <returns>Null if there is none yet; what is there of it is in <see cref="Begun"/>.</returns>
    /// <exception cref="PlatformException">The file can't be read.</exception>
    public byte[]? Next()
    {
        while (true)
        {
            if (_rest.IsEmpty)
            {
                SystemCallException.ThrowIfFailed(LibC.Read(_file, _block, out var count), $"failed to read {_path}");
                if (count == 0)
                    return null;
                _rest = _block.AsMemory(0, count);
            }

            var end = _rest.Span.IndexOf((byte)'\n');
            _begun.Write(end < 0 ? _rest.Span : _rest.Span[..end]);
            _rest = end < 0 ? default : _rest[(end + 1)..];
            if (end < 0 && _begun.Length > LongestLine)
                throw new PlatformException($"{_path} has a line of more than {LongestLine >> 20} MiB: it is no audit file");
            if (end < 0)
                continue;
            var line = _begun.ToArray();
            _begun.SetLength(0);
            return line;
        }
    }

    /// <summary>What is behind the last line feed.</summary>
    public byte[] Begun => _begun.ToArray();

    public void Dispose()
    {
        _file.Dispose();
        _begun.Dispose();
    }

    /// <summary>The last line of a file, whole or not; null if there is none.</summary>
    internal static AuditLine? LastOf(SafeFileHandle file, long size)
    {
        var length = (int)Math.Min(size, LongestLine);
        if (LibC.Seek(file, size - length, LibC.SEEK_SET, out _) != Errno.Success || LibC.ReadToEnd(file, out var end) != Errno.Success)
            return null;
        if (end.Length == 0)
            return null;
        var lines = end.AsSpan();
        var begun = lines[(lines.LastIndexOf((byte)'\n') + 1)..].ToArray();
        lines = lines[..^begun.Length];
        var whole = lines.IsEmpty ? null : lines[(lines[..^1].LastIndexOf((byte)'\n') + 1)..^1].ToArray();
        return begun.Length == 0 ? new AuditLine(whole!, IsWhole: true, whole) : new AuditLine(begun, IsWhole: false, whole);
    }
}
