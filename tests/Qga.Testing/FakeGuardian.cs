using Qga.Platform.Freeze;
using Qga.Platform.State;
using Qga.Platform.Storage;

namespace Qga.Testing;

/// <summary>A guardian in name only.</summary>
public sealed class FakeGuardian(FakeGuest guest) : IFreezeGuardian
{
    private readonly TaskCompletionSource<int?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name { get; init; } = "guardian";

    public TimeSpan? Remaining { get; set; }

    public Task<int?> Ended => _ended.Task;

    public IReadOnlyList<string> Warnings => [];

    public void Arm(TimeSpan? timeout)
    {
        Remaining = timeout;
        guest.Note($"arm {timeout?.TotalSeconds.ToString() ?? "never"}");
    }

    /// <summary>What it does with a filesystem that is to be thawed; null for nothing.</summary>
    public Func<MountPoint, bool?>? Thawing { get; set; }

    public bool? TryThaw(MountPoint mountPoint) => Thawing?.Invoke(mountPoint);

    public void Mark(FrozenMarker marker)
    {
    }

    public void EndFreezing()
    {
    }

    public void Disarm(TimeSpan patience) => guest.Note("disarm");

    public int? Dismiss(TimeSpan patience)
    {
        guest.Note("dismiss");
        return 0;
    }

    public void Dispose() => guest.Note($"leave {Name}");

    /// <param name="thawed">How many filesystems it has thawed; null if it was killed.</param>
    public void Die(int? thawed = null) => _ended.SetResult(thawed);
}
