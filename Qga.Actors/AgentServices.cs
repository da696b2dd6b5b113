using Qga.Actors.Commands;
using Qga.Actors.Files;
using Qga.Actors.Freeze;
using Qga.Actors.Processors;
using Qga.Actors.Storage;
using Qga.Platform.Accounts;
using Qga.Platform.Audit;
using Qga.Platform.Freeze;
using Qga.Platform.Identity;
using Qga.Platform.Network;
using Qga.Platform.Power;
using Qga.Platform.Processes;
using Qga.Platform.Timekeeping;
using Qga.Platform.Work;

namespace Qga.Actors;

/// <summary>What the agent's actors stand on.</summary>
public sealed record AgentServices
{
    public required CommandCatalog Catalog { get; init; }

    public required CommandFilter Filter { get; init; }

    public required IAuditLog Audit { get; init; }

    /// <summary>Counts what the policy refuses.</summary>
    public PolicyTally PolicyTally { get; init; } = new();

    public required WorkerPool Workers { get; init; }

    public required FileOpening Files { get; init; }

    public required FreezeSteps FreezeSteps { get; init; }

    public required FreezeLedger FreezeLedger { get; init; }

    public required FreezeView FreezeView { get; init; }

    public required WorkerPool FreezeWorkers { get; init; }

    public required GuestStorage Storage { get; init; }

    public required INetworkInventory Network { get; init; }

    public required GuestProcessors Processors { get; init; }

    public required IGuestIdentity Identity { get; init; }

    public required IGuestClock Clock { get; init; }

    public required IGuestPower Power { get; init; }

    public required IGuestAccounts Accounts { get; init; }

    public required IGuestProcesses Processes { get; init; }
}
