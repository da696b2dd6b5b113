using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.Freeze.Guardian;

/// <summary>The filesystems that a guardian has in its hands.</summary>
/// <param name="devices">The device of each.</param>
/// <param name="mountPoints">The mount point of each, in the order of thawing.</param>
internal sealed class GuardedFileSystems(DeviceNumber[] devices, SafeFileHandle[] mountPoints)
{
    private ThawCrew _crew = new();

    /// <summary>Thaws each as often as it is frozen.</summary>
    /// <returns>How many were frozen, and how many have not answered; those are thawed when they do.</returns>
    internal (int Thawed, int Silent) Thaw() => Thaw(mountPoints);

    /// <summary>Thaws one, and tells what came of it.</summary>
    internal GuardianMessageKind Thaw(DeviceNumber device)
    {
        var index = Array.IndexOf(devices, device);
        if (index < 0)
            return GuardianMessageKind.NotThawed;
        return Thaw([mountPoints[index]]) switch
        {
            (Thawed: 1, _) => GuardianMessageKind.WasFrozen,
            (_, Silent: 0) => GuardianMessageKind.WasNotFrozen,
            _ => GuardianMessageKind.NotThawed,
        };
    }

    private (int Thawed, int Silent) Thaw(SafeFileHandle[] some)
    {
        var outcome = _crew.Thaw(some);

        // Those who still wait for an answer must not count it as one of the next thaw.
        if (outcome.Silent > 0)
            _crew = new ThawCrew();
        return outcome;
    }
}
