using System.Collections.Concurrent;
using Qga.Platform.Files;
using Qga.Platform.Policy;

namespace Qga.Actors.Tests.Files;

/// <summary>Files in memory that hang or fail when a test wants them to.</summary>
internal sealed class FakeFiles : IGuestFileOpener
{
    private int _heldUp;

    internal ConcurrentDictionary<string, FakeFile> Opened { get; } = new();

    /// <summary>Holds up every open until it is set.</summary>
    internal ManualResetEventSlim OpenGate { get; } = new(initialState: true);

    /// <summary>How many opens are held up.</summary>
    internal int HeldUp => Volatile.Read(ref _heldUp);

    public IGuestFile Open(string path, OpenMode mode, FileJudge? judge = null)
    {
        using var file = judge is null ? null : ResolvedFile.Open(path);
        if (file is not null)
            judge!(file);
        Interlocked.Increment(ref _heldUp);
        OpenGate.Wait();
        Interlocked.Decrement(ref _heldUp);
        return Opened[path] = new FakeFile();
    }
}

/// <summary>A file that reads as zeros.</summary>
internal sealed class FakeFile : IGuestFile
{
    internal ManualResetEventSlim Gate { get; } = new(initialState: true);

    internal Exception? Failure { get; set; }

    internal ManualResetEventSlim Closed { get; } = new();

    internal ConcurrentQueue<string> Calls { get; } = new();

    public FileRead Read(Span<byte> buffer)
    {
        Enter(nameof(Read));
        buffer.Clear();
        return new FileRead(buffer.Length, EndOfFile: false);
    }

    public void Write(ReadOnlySpan<byte> bytes) => Enter(nameof(Write));

    public long Seek(long offset, SeekOrigin origin)
    {
        Enter(nameof(Seek));
        return offset;
    }

    public void Close()
    {
        Dispose();
        Enter(nameof(Close));
    }

    public void Dispose() => Closed.Set();

    private void Enter(string call)
    {
        Calls.Enqueue(call);
        Gate.Wait();
        if (Failure is { } failure)
            throw failure;
    }
}
