using Microsoft.Extensions.Time.Testing;
using Qga.Platform.Freeze;
using Qga.Platform.Freeze.Evidence;
using Qga.Platform.Logging;
using Qga.Platform.State;
using Qga.Platform.Work;
using Qga.Testing;

namespace Qga.Platform.Tests.Freeze;

/// <summary>The steps of a freeze, one after the other, on a guest in name only with a real marker.</summary>
/// <remarks>Gates are opened in any case, and not disposed: workers may still be on their way out.</remarks>
public abstract class FreezeStepsFixture : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly List<ManualResetEventSlim> _gates = [];
    private readonly FakeTimeProvider _limits = new();

    protected FreezeStepsFixture()
    {
        StateDirectory = _scratch.PathOf("state");
        Directory.CreateDirectory(StateDirectory);
        Marker = new FrozenMarker(StateDirectory);
        Evidence = new FreezeEvidence(Clock) { Completed = Records.Add };
    }

    protected static FreezeRequest Everything { get; } = new(MountPoints: null, Timeout: TimeSpan.FromSeconds(900));

    protected FakeGuest Guest { get; } = new() { NotesDetails = true };

    protected string StateDirectory { get; }

    protected FrozenMarker Marker { get; }

    protected WorkerPool Workers { get; } = new(mostStuck: 8);

    /// <summary>Set when a call was given up in <see cref="Overdue{T}"/>, and no more time passes.</summary>
    protected ManualResetEventSlim GivenUp { get; } = new();

    /// <summary>That of the deadline; the limits of calls have one of their own.</summary>
    private protected FakeBootClock Clock { get; } = new();

    public void Dispose()
    {
        _gates.ForEach(gate => gate.Set());
        _scratch.Dispose();
        GC.SuppressFinalize(this);
    }

    protected static FreezeRequest Named(params string[] mountPoints) => new(mountPoints, Timeout: null);

    /// <summary>What becomes known of the freezes, in memory alone unless a test keeps it elsewhere.</summary>
    protected FreezeEvidence Evidence { get; set; }

    protected List<FreezeRecord> Records { get; } = [];

    protected FreezeSteps Steps(bool startsFrozen = false, IFreezeGuardian? leftBehind = null, bool hasHook = true, params string[] excluded) => new(
        new FreezeSettings(startsFrozen, Everything.Timeout, new FreezeExclusions(excluded), HookLimit: TimeSpan.FromSeconds(60)),
        new FreezePlatform(Guest, Guest, Marker, Guest, Guest, Guest)
        {
            Hook = hasHook ? Guest : null,
            LeftBehind = leftBehind,
            Evidence = Evidence,
        },
        new BoundedCalls(Workers, _limits),
        Clock);

    /// <summary>Steps that have frozen what is mounted.</summary>
    protected FreezeSteps Frozen()
    {
        var steps = Steps();
        steps.Open(Everything);
        Assert.Equal(Guest.Mounted.Count, steps.Freeze(Everything));
        Guest.TakeEvents();
        return steps;
    }

    /// <summary>The state directory is on a filesystem from here on that does not answer.</summary>
    protected void HangStateDirectory(HangingFileSystem fileSystem)
    {
        Directory.Move(StateDirectory, $"{StateDirectory}.moved");
        Directory.CreateSymbolicLink(StateDirectory, fileSystem.PathOf("unknown"));
        fileSystem.Hang();
    }

    protected ManualResetEventSlim Gate()
    {
        var gate = new ManualResetEventSlim();
        _gates.Add(gate);
        return gate;
    }

    /// <summary>
    /// Takes a step in which one call comes to a gate, and lets its limit pass. That is made in eighths: the one too many that may
    /// have begun when the call is given up is no harm to the call after it.
    /// </summary>
    protected T Overdue<T>(TimeSpan limit, Func<T> step, Func<bool>? isHeldUp = null)
    {
        var (stuck, heldUp) = (Workers.Stuck, Guest.HeldUp);
        var taken = Task.Factory.StartNew(step, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Eventually.True(() => (isHeldUp?.Invoke() ?? Guest.HeldUp > heldUp) || taken.IsCompleted, "the step hangs");
        Eventually.True(
            () =>
            {
                if (Workers.Stuck > stuck || taken.IsCompleted)
                    return true;
                _limits.Advance(limit / 8);
                return false;
            },
            "the call is given up");
        GivenUp.Set();
        return taken.WaitAsync(Eventually.Patience).GetAwaiter().GetResult();
    }

    protected void Overdue(TimeSpan limit, Action step) => Overdue(limit, () =>
    {
        step();
        return true;
    });

    protected IEnumerable<string> LinesOf(LogLevel level) => Guest.Lines.Where(line => line.Level == level).Select(line => line.Text);

    protected IEnumerable<string> Warnings() => LinesOf(LogLevel.Warning);
}
