using Qga.Platform.Streams;

namespace Qga.Platform.Processes;

/// <summary>One output stream of a process: its beginning is kept, the rest read and dropped, until nobody can write any more.</summary>
internal sealed class CapturedOutput
{
    /// <summary>The most that is kept of one stream; the protocol's.</summary>
    internal const int Limit = 16 * 1024 * 1024;

    /// <summary>What every process has, and no budget counts.</summary>
    private const int FirstSize = 4096;

    /// <summary>Takes what nobody wants; several streams write to it at once.</summary>
    private static readonly byte[] Waste = new byte[64 * 1024];

    private readonly CaptureBudget _budget;
    private readonly Lock _gate = new();
    private byte[] _bytes = [];
    private int _count;
    private bool _isFull;
    private bool _isTruncated;
    private bool _isTaken;

    /// <param name="stream">What the process writes; taken over.</param>
    /// <param name="budget">What is kept is taken from it.</param>
    public CapturedOutput(DescriptorStream stream, CaptureBudget budget)
    {
        _budget = budget;
        Drained = ReadToEnd(stream);
    }

    /// <summary>Completes at the end of the stream; never fails.</summary>
    public Task Drained { get; }

    /// <summary>What came by now; nothing is added to it any more.</summary>
    public CapturedText Take()
    {
        lock (_gate)
        {
            _isTaken = true;

            // Most processes print little, and how they ended is remembered for long.
            if (_count < _bytes.Length / 2)
            {
                var before = _bytes.Length;
                if (TryResize(_count))
                    _budget.Release(Charge(before) - Charge(_count));
            }

            return new CapturedText(_bytes.AsMemory(0, _count), _isTruncated);
        }
    }

    /// <summary>Lets go of what was kept.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _isTaken = true;
            _budget.Release(Charge(_bytes.Length));
            (_bytes, _count) = ([], 0);
        }
    }

    private async Task ReadToEnd(DescriptorStream stream)
    {
        await using (stream)
        {
            try
            {
                int count;
                do
                {
                    var reading = stream.ReadAsync(Room(out var isKept));
                    var isThere = reading.IsCompleted;
                    count = await reading;
                    Add(count, isKept);

                    // A process that prints without end must not keep the poller's thread.
                    if (isThere && count > 0)
                        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                }
                while (count > 0);
            }
            catch (PlatformException)
            {
                // What can't be read has come to its end.
            }
        }
    }

    /// <summary>Where to read to next; called by the reader alone, as <see cref="Add"/> is.</summary>
    private Memory<byte> Room(out bool isKept)
    {
        int size;
        lock (_gate)
        {
            isKept = !_isTaken && !_isFull;
            if (!isKept)
                return Waste;
            if (_count < _bytes.Length)
                return _bytes.AsMemory(_count);
            size = _bytes.Length;
        }

        // As much as is left, if it is not all that it should be.
        var larger = Math.Min(Math.Max(FirstSize, size * 4), Limit);
        var granted = _budget.Reserve(Charge(larger) - Charge(size));
        larger = (int)granted + Math.Max(size, FirstSize);
        lock (_gate)
        {
            _isFull = larger == size || !_isTaken && !TryResize(larger);
            isKept = !_isFull && !_isTaken;
            if (!isKept)
            {
                _budget.Release(granted);
                return Waste;
            }

            return _bytes.AsMemory(_count);
        }
    }

    /// <returns>False if there is no memory for that.</returns>
    private bool TryResize(int size)
    {
        try
        {
            Array.Resize(ref _bytes, size);
            return true;
        }
        catch (OutOfMemoryException)
        {
            return false;
        }
    }

    private static int Charge(int size) => Math.Max(0, size - FirstSize);

    private void Add(int count, bool isKept)
    {
        lock (_gate)
        {
            if (_isTaken)
                return;
            if (isKept)
                _count += count;
            else
                _isTruncated |= count > 0;
        }
    }
}
