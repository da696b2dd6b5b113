using Qga.Platform;
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

    public IReadOnlyList<string> Warnings { get; set; } = [];

    /// <summary>Whether it was told that the guest is frozen already.</summary>
    public bool StartedFrozen { get; init; }

    public PlatformException? ArmFailure { get; set; }

    public PlatformException? MarkFailure { get; set; }

    /// <summary>How many filesystems it finds frozen when it is dismissed; null if it does not answer.</summary>
    public int? ThawsAtEnd { get; set; } = 0;

    public void Arm(TimeSpan? timeout)
    {
        if (ArmFailure is not null)
            throw ArmFailure;
        Remaining = timeout;
        guest.Note($"arm {timeout?.TotalSeconds.ToString() ?? "never"}");
    }

    /// <summary>What it does with a filesystem that is to be thawed; null for nothing.</summary>
    public Func<MountPoint, bool?>? Thawing { get; set; }

    public bool? TryThaw(MountPoint mountPoint) => Thawing?.Invoke(mountPoint);

    public void Mark(FrozenMarker marker)
    {
        if (MarkFailure is not null)
            throw MarkFailure;
        guest.NoteDetail("mark");
    }

    public void EndFreezing() => guest.NoteDetail("end freezing");

    public void Disarm(TimeSpan patience) => guest.Note("disarm");

    public int? Dismiss(TimeSpan patience)
    {
        guest.Note("dismiss");
        return ThawsAtEnd;
    }

    public void Dispose() => guest.Note($"leave {Name}");

    /// <param name="thawed">How many filesystems it has thawed; null if it was killed.</param>
    public void Die(int? thawed = null) => _ended.SetResult(thawed);
}
