using Qga.Actors.Commands;

namespace Qga.Actors.Session;

/// <summary>What the session commands tell of.</summary>
public sealed record SessionState(CommandCatalog Catalog, CommandFilter Filter, bool IsFrozen);
