namespace Qga.Ctl.Groups;

/// <summary>The one clock of a group: time since it was made, which no change of the host's time moves.</summary>
internal sealed class GroupClock(TimeProvider provider)
{
    private readonly long _origin = provider.GetTimestamp();

    /// <summary>The host's time at <see cref="TimeSpan.Zero"/>.</summary>
    internal DateTimeOffset Origin { get; } = provider.GetUtcNow();

    internal TimeSpan Now => provider.GetElapsedTime(_origin);
}
