namespace Qga.Platform.Freeze;

/// <summary>What the administrator says about freezing.</summary>
/// <param name="StartsFrozen">Whether an agent before this one has left the guest frozen.</param>
/// <param name="Timeout">After this the guest is thawed, unless a request says otherwise; null for never.</param>
/// <param name="Exclusions">What is never frozen.</param>
/// <param name="HookLimit">How long the hook may take.</param>
public sealed record FreezeSettings(bool StartsFrozen, TimeSpan? Timeout, FreezeExclusions Exclusions, TimeSpan HookLimit);
