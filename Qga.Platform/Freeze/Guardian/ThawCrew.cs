using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.Threads;

namespace Qga.Platform.Freeze.Guardian;

/// <summary>
/// Thaws filesystems one after the other, in a thread of its own: when one does not answer, another thread goes on with the
/// next. Once it has been used, it allocates nothing unless a filesystem does not answer.
/// </summary>
internal sealed class ThawCrew
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly SafeFileHandle _orders;
    private readonly SafeFileHandle _giveOrder;
    private readonly SafeFileHandle _news;
    private readonly SafeFileHandle _tellNews;
    private volatile ThawRound _round = new([]);

    internal ThawCrew()
    {
        Check(LibC.Pipe(out _orders, out _giveOrder));
        Check(LibC.Pipe(out _news, out _tellNews));
        StartThread();

        // So that all that it takes is in memory. A pipe can't be frozen.
        Thaw(new ThawRound([_news]));
    }

    /// <summary>Thaws each filesystem as often as it is frozen.</summary>
    /// <returns>How many were frozen, and how many have not answered; those are thawed when they do.</returns>
    internal (int Thawed, int Silent) Thaw(ThawRound round)
    {
        _round = round;
        Order();
        Span<byte> news = stackalloc byte[1];
        var left = round.Count;
        while (left > 0)
        {
            if (HasNews())
            {
                Check(LibC.Read(_news, news, out _));
                left--;
            }
            else if (round.HasMore)
            {
                StartThread();
                Order();
            }
            else
            {
                break;
            }
        }

        return (round.Thawed, left);
    }

    private static void Check(Errno errno) => SystemCallException.ThrowIfFailed(errno, "failed to thaw");

    private bool HasNews()
    {
        Span<LibC.PollDescriptor> news = [new() { Descriptor = (int)_news.DangerousGetHandle(), Events = LibC.POLLIN }];
        Check(LibC.Poll(news, Patience));
        return news[0].ReturnedEvents != 0;
    }

    private void Order() => Check(LibC.WriteAll(_giveOrder, [0]));

    private void StartThread()
    {
        try
        {
            OwnThread.Start("thaw", Run, stack: 256 * 1024);
        }
        catch (PlatformException)
        {
            // It is tried again for as long as somebody does not answer.
        }
    }

    private void Run()
    {
        Span<byte> order = stackalloc byte[1];
        while (LibC.Read(_orders, order, out var count) == Errno.Success && count > 0)
        {
            for (var round = _round; round.TryTake(out var index) is { } mountPoint;)
            {
                var before = LibC.BootTime();
                if (LibC.Thaw(mountPoint) == Errno.Success)
                {
                    while (LibC.Thaw(mountPoint) == Errno.Success)
                    {
                    }

                    round.NoteThawed(index, before);
                }
                else
                {
                    round.NoteNotFrozen(index);
                }

                Check(LibC.WriteAll(_tellNews, [0]));
            }
        }
    }
}

/// <summary>What is to be thawed at once, each by one thread: one that comes late takes nothing of the next round. For one use.</summary>
internal sealed class ThawRound(SafeFileHandle[] mountPoints)
{
    private const long NotFrozen = -1;

    /// <summary>Boot times in ticks of when each thaw began that found something frozen; 0 while there is no answer.</summary>
    private readonly long[] _thaws = new long[mountPoints.Length];
    private int _taken;
    private int _thawed;

    internal int Count => mountPoints.Length;

    internal bool HasMore => Volatile.Read(ref _taken) < mountPoints.Length;

    /// <summary>How many were frozen.</summary>
    internal int Thawed => Volatile.Read(ref _thawed);

    /// <summary>The next; null if there is none.</summary>
    internal SafeFileHandle? TryTake(out int index)
    {
        index = Interlocked.Increment(ref _taken) - 1;
        return index < mountPoints.Length ? mountPoints[index] : null;
    }

    /// <param name="index">Which was frozen.</param>
    /// <param name="before">The boot time right before its thaw.</param>
    internal void NoteThawed(int index, TimeSpan before)
    {
        Volatile.Write(ref _thaws[index], before.Ticks);
        Interlocked.Increment(ref _thawed);
    }

    internal void NoteNotFrozen(int index) => Volatile.Write(ref _thaws[index], NotFrozen);

    /// <summary>What is known of one: whether it was frozen, and if so the boot time right before its thaw; null if it does not answer.</summary>
    internal (bool WasFrozen, TimeSpan Before)? OutcomeOf(int index) => Volatile.Read(ref _thaws[index]) switch
    {
        0 => null,
        NotFrozen => (false, default),
        var ticks => (true, new TimeSpan(ticks)),
    };
}
