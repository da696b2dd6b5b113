using Qga.Platform.Freeze.Evidence;
using Qga.Platform.State;
using Qga.Platform.Storage;

namespace Qga.Platform.Freeze;

/// <summary>Starts guardians.</summary>
public interface IFreezeGuardians
{
    /// <summary>Starts a guardian and waits until it is ready: memory locked, mount points in its hands.</summary>
    /// <param name="mountPoints">What it thaws.</param>
    /// <param name="isFrozen">Whether the guest is frozen already: then nothing is written on the way.</param>
    /// <param name="journal">Where it notes what it does on its own; null for nowhere.</param>
    /// <exception cref="PlatformException">It can't be started, or is not ready in time.</exception>
    IFreezeGuardian Start(IReadOnlyList<IOpenMountPoint> mountPoints, bool isFrozen, FreezeJournal? journal = null);

    /// <summary>
    /// Ends the guardians of an earlier agent that could not be reached, now that there is one of ours, or nothing is frozen any more.
    /// </summary>
    /// <param name="ours">Null for none.</param>
    /// <returns>What was done to each, in words for the log.</returns>
    IReadOnlyList<string> EndOthers(IFreezeGuardian? ours);

    /// <summary>
    /// Starts a guardian for a filesystem whose freeze was given up but may come yet: once the agent has gone, it thaws that.
    /// The agent leaves it when the freeze has come, and was thawed.
    /// </summary>
    /// <exception cref="PlatformException">It can't be started.</exception>
    IFreezeGuardian StartForLateFreeze(IOpenMountPoint mountPoint);
}

/// <summary>
/// A process of its own that thaws the guest when the deadline of the freeze has passed, even if nothing else is left to. By itself it
/// never ends without having thawed the mount points in its hands, unless it was never armed, or disarmed again, or somebody else has
/// ended the freeze.
/// </summary>
public interface IFreezeGuardian : IDisposable
{
    /// <summary>What it has to do without, in words for the log; it guards all the same.</summary>
    IReadOnlyList<string> Warnings { get; }

    /// <summary>What is left until the deadline, zero if it has passed; null if there is none.</summary>
    TimeSpan? Remaining { get; }

    /// <summary>
    /// Completes when the guardian has ended, whatever ended it. The result tells how many filesystems it has thawed, null if it
    /// has not thawed, as it was killed, not armed, or the freeze was over. When the deadline has passed, guardian and agent may thaw
    /// at the same time: whoever then removes the frozen marker runs the hook.
    /// </summary>
    Task<int?> Ended { get; }

    /// <summary>Sets the deadline; from here on the guardian outlives the agent.</summary>
    /// <param name="timeout">How long from now; null for no deadline.</param>
    /// <exception cref="PlatformException">The guardian has ended, or does not answer in time.</exception>
    void Arm(TimeSpan? timeout);

    /// <summary>
    /// Shows it the marker of this freeze. Once that is there no more, or another is, somebody else has ended the freeze, and the guardian
    /// touches nothing. Without a marker to show, it takes any for that of another freeze.
    /// </summary>
    /// <exception cref="PlatformException">It has ended, or does not take it.</exception>
    void Mark(FrozenMarker marker);

    /// <summary>Nothing more is frozen: when the guardian has thawed the guest, no freeze can come late.</summary>
    void EndFreezing();

    /// <summary>
    /// Has the guardian thaw one filesystem, as often as it is frozen, and waits for that. A thaw that the agent made itself would be
    /// cut short if the agent were killed in it, and after that btrfs takes no more writes.
    /// </summary>
    /// <returns>Whether it was frozen; null if the guardian does not hold it, is not armed, or does not answer.</returns>
    bool? TryThaw(MountPoint mountPoint);

    /// <summary>Nothing was frozen after all: has the guardian end and touch nothing. Waits for that as long as is given.</summary>
    void Disarm(TimeSpan patience);

    /// <summary>Has the guardian thaw whatever in its hands is still frozen, and end. Waits for that as long as is given.</summary>
    /// <returns>How many filesystems it has thawed; null if it did not end in time.</returns>
    int? Dismiss(TimeSpan patience);
}
