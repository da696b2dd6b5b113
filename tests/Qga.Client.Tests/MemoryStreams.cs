using System.Threading.Channels;

namespace Qga.Client.Tests;

/// <summary>Two streams: what is written to one is read from the other. Every write is a read, as it was or cut into bytes.</summary>
internal sealed class MemoryStreams
{
    private readonly Channel<byte[]> _there = Channel.CreateUnbounded<byte[]>();
    private readonly Channel<byte[]> _back = Channel.CreateUnbounded<byte[]>();

    internal MemoryStreams() => (Client, Agent) = (new End(_back.Reader, _there.Writer), new End(_there.Reader, _back.Writer));

    internal End Client { get; }

    internal End Agent { get; }

    internal sealed class End(ChannelReader<byte[]> input, ChannelWriter<byte[]> output) : DuplexStream
    {
        private readonly CancellationTokenSource _closed = new();
        private ReadOnlyMemory<byte> _unread;
        private int _linesAhead;

        /// <summary>How much a read gives at most.</summary>
        internal int LargestRead { get; set; } = int.MaxValue;

        /// <summary>Whether writes wait for good.</summary>
        internal bool IsStuck { get; set; }

        /// <summary>What the next read fails with.</summary>
        internal Exception? NextReadFailure { get; set; }

        /// <summary>How many lines at most were written since <see cref="CountFromHere"/> without one being read.</summary>
        internal int MostAhead { get; private set; }

        /// <summary>What comes again and again once something has come; null for nothing.</summary>
        internal byte[]? Endless { get; set; }

        internal int EndlessReads { get; private set; }

        /// <summary>What a write has that waits for good.</summary>
        internal ReadOnlyMemory<byte>? Stuck { get; private set; }

        internal bool IsClosed => _closed.IsCancellationRequested;

        internal void CountFromHere() => (_linesAhead, MostAhead) = (0, 0);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (_unread.IsEmpty)
            {
                if (NextReadFailure is { } failure)
                {
                    NextReadFailure = null;
                    throw failure;
                }

                if (Endless is not null)
                {
                    EndlessReads++;
                    _unread = Endless;
                    break;
                }

                if (!await input.WaitToReadAsync(_closed.Token))
                    return 0;
                if (input.TryRead(out var bytes))
                    _unread = bytes;
            }

            var count = Math.Min(Math.Min(buffer.Length, LargestRead), _unread.Length);
            _unread[..count].CopyTo(buffer);
            _unread = _unread[count..];
            Interlocked.Add(ref _linesAhead, -buffer.Span[..count].Count((byte)'\n'));
            return count;
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (IsStuck)
                Stuck = buffer;
            if (IsStuck)
                await Task.Delay(Timeout.Infinite, _closed.Token);
            MostAhead = Math.Max(MostAhead, Interlocked.Add(ref _linesAhead, buffer.Span.Count((byte)'\n')));
            if (!output.TryWrite(buffer.ToArray()))
                throw new IOException("Broken pipe");
        }

        protected override void Dispose(bool disposing)
        {
            output.TryComplete();
            _closed.Cancel();
            base.Dispose(disposing);
        }
    }
}
