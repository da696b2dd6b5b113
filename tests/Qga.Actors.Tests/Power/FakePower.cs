using System.Collections.Concurrent;
using Qga.Platform;
using Qga.Platform.Power;

namespace Qga.Actors.Tests.Power;

/// <summary>The ways in which the guest goes down or sleeps, as a test wants it.</summary>
internal sealed class FakePower : IGuestPower
{
    /// <summary>What was done, in its order.</summary>
    internal ConcurrentQueue<object> Done { get; } = new();

    /// <summary>What goes wrong; null is nothing.</summary>
    internal string? Failure { get; set; }

    /// <summary>The guest sleeps until this is set.</summary>
    internal ManualResetEventSlim Awake { get; } = new(initialState: true);

    public void ShutDown(ShutdownMode mode) => Do(mode);

    public void Suspend(SuspendMode mode)
    {
        Do(mode);
        Awake.Wait();
    }

    private void Do(object mode)
    {
        Done.Enqueue(mode);
        if (Failure is not null)
            throw new PlatformException(Failure);
    }
}
