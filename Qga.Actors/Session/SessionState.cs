using Qga.Actors.Commands;
using Qga.Actors.Domains;

namespace Qga.Actors.Session;

/// <summary>What the session commands tell of.</summary>
public sealed record SessionState(CommandCatalog Catalog, CommandFilter Filter, Gate Gate)
{
    /// <summary>Who asks, if that makes a difference; null if nobody knows.</summary>
    public string? Peer { get; init; }
}
