namespace Qga.Ctl.Groups;

/// <summary>How long a group may take for each of its steps.</summary>
internal sealed record GroupLimits
{
    /// <summary>What a guest's own deadline leaves for the way of a request.</summary>
    internal static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    /// <summary>From the first freeze that is sent to the last that is answered, hooks included.</summary>
    internal TimeSpan Freeze { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What the snapshot may take.</summary>
    internal TimeSpan Snapshot { get; init; } = TimeSpan.FromSeconds(7);

    /// <summary>From the first thaw that is sent to the last that is answered, hooks included; then the watcher goes on alone.</summary>
    internal TimeSpan Thaw { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the answer to one thaw is waited for before the guest is asked again.</summary>
    internal TimeSpan ThawAttempt => Thaw / 2;

    /// <summary>What the records of the freezes may take, once all is thawed.</summary>
    internal TimeSpan Evidence { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the watcher tries to thaw guests once it is alone.</summary>
    internal TimeSpan Watch { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// When a guest thaws itself, from its freeze on, and when the watcher ends a tool that has not begun to thaw; whole seconds, as the
    /// wire has them.
    /// </summary>
    internal TimeSpan Deadline => TimeSpan.FromSeconds(Math.Ceiling((Freeze + Snapshot + Margin).TotalSeconds));

    /// <summary>When the watcher ends a tool that has begun to thaw and is not done.</summary>
    internal TimeSpan ThawDeadline => Thaw + Evidence + Margin;
}
