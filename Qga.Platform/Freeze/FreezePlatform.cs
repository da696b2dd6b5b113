using Qga.Platform.Audit;
using Qga.Platform.Freeze.Evidence;
using Qga.Platform.Logging;
using Qga.Platform.State;

namespace Qga.Platform.Freeze;

/// <summary>What freezing stands on.</summary>
public sealed record FreezePlatform(
    IMountedFileSystems FileSystems, IFreezeGuardians Guardians, FrozenMarker Marker, IOwnFiles OwnFiles, IEventLog Log, IAuditLog Audit)
{
    /// <summary>Null if the administrator has named none.</summary>
    public IFreezeHook? Hook { get; init; }

    /// <summary>What is known of a freeze afterwards.</summary>
    public FreezeEvidence Evidence { get; init; } = new();

    /// <summary>The guardian of a freeze that an agent before this one has left; null if there is none.</summary>
    public IFreezeGuardian? LeftBehind { get; init; }
}
