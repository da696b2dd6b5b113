using Qga.Host.CommandLine;
using Qga.Host.Freeze;
using Qga.Platform.Audit;
using Qga.Platform.Logging;
using Qga.Platform.OwnProcess;
using Qga.Platform.State;
using Qga.Transport.Channels;

namespace Qga.Host;

/// <summary>What an agent has found and opened before it is put together.</summary>
internal sealed record Opened
{
    /// <summary>The options, and what is odd about them.</summary>
    public required StartupDecision.Serve Start { get; init; }

    /// <summary>Reads the options anew.</summary>
    public required Func<StartupDecision.Serve> ReadAgain { get; init; }

    /// <summary>The service manager; null for none.</summary>
    public required ServiceManager? Manager { get; init; }

    public required FrozenGuest Guest { get; init; }

    /// <summary>Whether an agent before this one has left the guest frozen.</summary>
    public required bool IsFrozen { get; init; }

    public required AgentLog Log { get; init; }

    /// <summary>Where it is recorded what the host does.</summary>
    public required AuditTrail Audit { get; init; }

    /// <summary>The numbers of open files; read from the disk now, or after a frozen start at the first use.</summary>
    public required Lazy<HandleCounter> Handles { get; init; }

    public required IChannelSource Channel { get; init; }

    /// <summary>Whether the channel is open; else it is tried again.</summary>
    public required bool IsChannelOpen { get; init; }

    public required OwnFiles OwnFiles { get; init; }
}
