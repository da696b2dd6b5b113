using Qga.Client;

namespace Qga.Ctl.Copying;

/// <summary>A file that was copied.</summary>
/// <param name="Source">Where from.</param>
/// <param name="Target">Where to.</param>
/// <param name="Result">How; null if both ends were the same before.</param>
internal sealed record CopiedFile(string Source, string Target, TransferResult? Result);

/// <summary>How far a copy is, and how it has gone. Many may look at it.</summary>
internal sealed class CopyReport
{
    private readonly Lock _lock = new();
    private readonly List<CopiedFile> _copied = [];
    private readonly List<(string What, Exception Failure)> _failures = [];
    private long _before;
    private long _total;
    private long _size;
    private bool _isTotalKnown = true;
    private (string Name, TransferProgress Progress) _current = ("", default);

    /// <summary>A moment of a copy.</summary>
    /// <param name="Name">The file that it is at.</param>
    /// <param name="Phase">What is done with it.</param>
    /// <param name="Bytes">How much of all files was copied.</param>
    /// <param name="Total">How much there is; null if nobody knows.</param>
    internal readonly record struct Moment(string Name, TransferPhase Phase, long Bytes, long? Total);

    internal Moment Now
    {
        get
        {
            lock (_lock)
            {
                var (name, progress) = _current;
                var done = progress.Phase == TransferPhase.Verifying ? Math.Max(_size, 0) : progress.Bytes;
                var bytes = Sum(_before, done);
                return new Moment(name, progress.Phase, bytes, _isTotalKnown ? Math.Max(_total, bytes) : null);
            }
        }
    }

    /// <summary>Whether there may be a part of a file at the other end.</summary>
    internal bool HasBegun
    {
        get
        {
            lock (_lock)
                return _current.Name.Length > 0;
        }
    }

    internal IReadOnlyList<CopiedFile> Copied
    {
        get
        {
            lock (_lock)
                return [.. _copied];
        }
    }

    internal IReadOnlyList<(string What, Exception Failure)> Failures
    {
        get
        {
            lock (_lock)
                return [.. _failures];
        }
    }

    /// <summary>Says what there will be to copy.</summary>
    internal void Expect(long? bytes)
    {
        lock (_lock)
        {
            _total = Sum(_total, bytes ?? 0);
            _isTotalKnown &= bytes is not null;
        }
    }

    /// <summary>Begins with a file.</summary>
    internal IProgress<TransferProgress> Begin(string name)
    {
        lock (_lock)
            (_current, _size) = ((name, default), 0);
        return new Progress(this);
    }

    /// <summary>Says how a file has gone.</summary>
    internal void Done(CopiedFile file, long bytes)
    {
        lock (_lock)
        {
            _copied.Add(file);
            _before = Sum(_before, bytes);
            _current = (_current.Name, default);
        }
    }

    /// <summary>Whether one file that fails so does not keep others from being copied.</summary>
    internal static bool IsOfOneFile(Exception failure) =>
        failure is QgaCommandException or QgaGuestException or QgaVerificationException or IOException or UnauthorizedAccessException;

    internal void Failed(string what, Exception failure)
    {
        lock (_lock)
        {
            _failures.Add((what, failure));
            _current = (_current.Name, default);
        }
    }

    /// <remarks>A guest may say of its files that they are as large as a number can be.</remarks>
    private static long Sum(long one, long other) => one > long.MaxValue - other ? long.MaxValue : one + other;

    private void Take(TransferProgress progress)
    {
        lock (_lock)
        {
            // While it is compared, all of it was copied.
            if (progress.Phase == TransferPhase.Copying)
                _size = progress.Bytes;
            _current = (_current.Name, progress);
        }
    }

    private sealed class Progress(CopyReport report) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => report.Take(value);
    }
}
