using Qga.Client;

namespace Qga.Ctl.Guests;

/// <summary>What a guest's agent says of itself, or why it does not.</summary>
/// <param name="Guest">The guest.</param>
/// <param name="Version">The level of the agent, which is qemu-ga's version with either agent; null if it has not said.</param>
/// <param name="Freeze">Whether the guest is frozen; null if that is not known.</param>
/// <param name="System">What runs there; null if that is not known, as of a frozen guest.</param>
/// <param name="Failure">Why there was no answer; null if there was, or the guest does not run.</param>
internal sealed record GuestProbe(KnownGuest Guest, string? Version, FreezeStatus? Freeze, string? System, QgaException? Failure)
{
    internal static async Task<GuestProbe> OfAsync(KnownGuest guest, GuestAgentOptions options, CancellationToken cancellationToken)
    {
        if (guest.IsRunning == false)
            return new GuestProbe(guest, null, null, null, null);
        try
        {
            await using var agent = await GuestAgent.ConnectAsync(guest.Address, options, cancellationToken);
            var version = (await agent.InfoAsync(cancellationToken)).Version;
            var freeze = await Question.TryAsync<FreezeStatus?>(async () => await agent.GetFreezeStatusAsync(cancellationToken));
            var system = freeze == FreezeStatus.Frozen ? null : await Question.TryAsync(() => agent.GetOsInfoAsync(cancellationToken));
            return new GuestProbe(guest, version, freeze, system?.PrettyName ?? system?.Name ?? system?.Id, null);
        }
        catch (QgaException failure)
        {
            return new GuestProbe(guest, null, null, null, failure);
        }
    }
}
