using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

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
    private SafeFileHandle[] _mountPoints = [];
    private int _taken;
    private int _thawed;

    internal ThawCrew()
    {
        Check(LibC.Pipe(out _orders, out _giveOrder));
        Check(LibC.Pipe(out _news, out _tellNews));
        StartThread();

        // So that all that it takes is in memory. A pipe can't be frozen.
        Thaw([_news]);
    }

    /// <summary>Thaws each filesystem as often as it is frozen.</summary>
    /// <returns>How many were frozen, and how many have not answered; those are thawed when they do.</returns>
    internal (int Thawed, int Silent) Thaw(SafeFileHandle[] mountPoints)
    {
        _mountPoints = mountPoints;
        _thawed = 0;
        _taken = 0;
        Order();
        Span<byte> news = stackalloc byte[1];
        var left = mountPoints.Length;
        while (left > 0)
        {
            if (HasNews())
            {
                Check(LibC.Read(_news, news, out _));
                left--;
            }
            else if (Volatile.Read(ref _taken) < mountPoints.Length)
            {
                StartThread();
                Order();
            }
            else
            {
                break;
            }
        }

        return (Volatile.Read(ref _thawed), left);
    }

    private static void Check(Errno errno) => SystemCallException.ThrowIfFailed(errno, "failed to thaw");

    private bool HasNews()
    {
        Span<LibC.PollDescriptor> news = [new() { Descriptor = (int)_news.DangerousGetHandle(), Events = LibC.POLLIN }];
        Check(LibC.Poll(news, (int)Patience.TotalMilliseconds));
        return news[0].ReturnedEvents != 0;
    }

    private void Order() => Check(LibC.WriteAll(_giveOrder, [0]));

    private void StartThread()
    {
        try
        {
            new Thread(Run, maxStackSize: 256 * 1024) { IsBackground = true, Name = "thaw" }.Start();
        }
        catch (OutOfMemoryException)
        {
            // It is tried again for as long as somebody does not answer.
        }
    }

    private void Run()
    {
        Span<byte> order = stackalloc byte[1];
        while (LibC.Read(_orders, order, out var count) == Errno.Success && count > 0)
        {
            for (var next = Interlocked.Increment(ref _taken) - 1; next < _mountPoints.Length; next = Interlocked.Increment(ref _taken) - 1)
            {
                if (LibC.Thaw(_mountPoints[next]) == Errno.Success)
                {
                    while (LibC.Thaw(_mountPoints[next]) == Errno.Success)
                    {
                    }

                    Interlocked.Increment(ref _thawed);
                }

                Check(LibC.WriteAll(_tellNews, [0]));
            }
        }
    }
}
