using Qga.Actors.Commands;

namespace Qga.Actors.Agent;

/// <summary>What the session commands tell of.</summary>
public sealed record Session(CommandCatalog Catalog, CommandFilter Filter, bool IsFrozen);
