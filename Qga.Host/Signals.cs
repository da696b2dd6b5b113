using System.Runtime.InteropServices;
using Qga.Host.Service;
using static Qga.Actors.Freeze.FreezeProtocol;

namespace Qga.Host;

/// <summary>
/// What signals do: TERM and INT end the agent, when it may (see <see cref="AgentEnd"/>); USR1 ends it even while the guest is
/// frozen, for the next agent to take over; HUP has it read its settings anew. Every other signal keeps its default.
/// </summary>
internal sealed class Signals : IDisposable
{
    private const PosixSignal HandOver = (PosixSignal)10; // SIGUSR1, signal(7)

    private readonly List<PosixSignalRegistration> _registrations = [];

    /// <param name="end">Ends the agent.</param>
    /// <param name="reload">Reads the settings anew.</param>
    internal Signals(AgentEnd end, Action reload)
    {
        Register(PosixSignal.SIGTERM, () => _ = end.OnSignalAsync(15, WhileFrozen.Stay));
        Register(PosixSignal.SIGINT, () => _ = end.OnSignalAsync(2, WhileFrozen.Stay));
        Register(HandOver, () => _ = end.OnSignalAsync((int)HandOver, WhileFrozen.HandOver));
        Register(PosixSignal.SIGHUP, reload);
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
    }

    private void Register(PosixSignal signal, Action act) => _registrations.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        act();
    }));
}
