using Microsoft.Win32.SafeHandles;
using Qga.Platform.Freeze.Evidence;
using Qga.Platform.Native;

namespace Qga.Platform.Freeze.Guardian;

/// <summary>The filesystems that a guardian has in its hands.</summary>
/// <param name="devices">The device of each.</param>
/// <param name="mountPoints">The mount point of each, in the order of thawing.</param>
internal sealed class GuardedFileSystems(DeviceNumber[] devices, SafeFileHandle[] mountPoints)
{
    private ThawCrew _crew = new();

    /// <summary>Made beforehand, as the thaw of a guest without memory must not need any.</summary>
    private ThawRound _all = new(mountPoints);
    private ThawRound? _last;

    /// <summary>Thaws each as often as it is frozen.</summary>
    /// <returns>How many were frozen, and how many have not answered; those are thawed when they do.</returns>
    internal (int Thawed, int Silent) Thaw()
    {
        (var outcome, _last) = (Thaw(_all), _all);
        _all = new ThawRound(mountPoints);
        return outcome;
    }

    /// <summary>What the last thaw of all has found, for the record of the freeze.</summary>
    /// <param name="now">A moment after it.</param>
    internal IEnumerable<FreezeEvent> Account(Moment now) => devices.Select((device, index) => _last?.OutcomeOf(index) switch
    {
        (true, var before) => new FreezeEvent(FreezeEventKind.Thawed, now.At(before), $"{device}", $"{Thawer.Guardian}", "", ""),
        (false, _) => new FreezeEvent(FreezeEventKind.FoundThawed, now, $"{device}"),
        null => new FreezeEvent(FreezeEventKind.Unanswered, now, $"{device}", "the guardian's thaw has not come back"),
    });

    /// <summary>Thaws one, and tells what came of it.</summary>
    internal GuardianMessageKind Thaw(DeviceNumber device)
    {
        var index = Array.IndexOf(devices, device);
        if (index < 0)
            return GuardianMessageKind.NotThawed;
        return Thaw(new ThawRound([mountPoints[index]])) switch
        {
            (Thawed: 1, _) => GuardianMessageKind.WasFrozen,
            (_, Silent: 0) => GuardianMessageKind.WasNotFrozen,
            _ => GuardianMessageKind.NotThawed,
        };
    }

    private (int Thawed, int Silent) Thaw(ThawRound round)
    {
        var outcome = _crew.Thaw(round);

        // Those who still wait for an answer must not count it as one of the next thaw.
        if (outcome.Silent > 0)
            _crew = new ThawCrew();
        return outcome;
    }
}
