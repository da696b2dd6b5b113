namespace Qga.Platform.Freeze;

/// <summary>Until when the guest may stay frozen, and the guardian that sees to it if the agent can't.</summary>
internal sealed class FreezeDeadline(TimeProvider time)
{
    private (long Start, TimeSpan Timeout)? _deadline;

    /// <summary>Null if there is none.</summary>
    internal IFreezeGuardian? Guardian { get; private set; }

    /// <summary>How long the guest may stay frozen yet, zero if no longer; null for as long as nobody thaws it.</summary>
    internal TimeSpan? Remaining => _deadline is { } deadline
        ? TimeSpan.FromTicks(Math.Max(0, (deadline.Timeout - time.GetElapsedTime(deadline.Start)).Ticks))
        : null;

    /// <summary>Has a guardian in the place of the one before it, if there was one.</summary>
    internal void Entrust(IFreezeGuardian? guardian)
    {
        Guardian?.Dispose();
        Guardian = guardian;
    }

    /// <summary>The time of a new freeze runs from here.</summary>
    /// <exception cref="PlatformException">The guardian has ended.</exception>
    internal void Start(TimeSpan? timeout)
    {
        Set(timeout);
        Guardian?.Arm(timeout);
    }

    /// <summary>The guest is frozen already, and may stay so for that long; null for as long as nobody thaws it.</summary>
    internal void Set(TimeSpan? remaining) => _deadline = remaining is { } timeout ? (time.GetTimestamp(), timeout) : null;

    /// <summary>Nothing was frozen: the guardian must not thaw what others froze.</summary>
    internal void Cancel(TimeSpan patience)
    {
        Guardian?.Disarm(patience);
        Entrust(null);
        _deadline = null;
    }

    /// <summary>The freeze is over.</summary>
    /// <returns>How many filesystems the guardian found frozen yet.</returns>
    internal int End(TimeSpan patience)
    {
        var thawed = Guardian?.Dismiss(patience) ?? 0;
        Entrust(null);
        _deadline = null;
        return thawed;
    }
}
