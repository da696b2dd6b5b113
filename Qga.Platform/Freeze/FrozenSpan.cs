namespace Qga.Platform.Freeze;

/// <summary>Since when the guest is frozen, and when it is thawed at the latest.</summary>
/// <param name="Since">When the freeze began.</param>
/// <param name="Until">Null for as long as nobody thaws it.</param>
public sealed record FrozenSpan(DateTimeOffset Since, DateTimeOffset? Until);
