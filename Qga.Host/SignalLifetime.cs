using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Qga.Host.Freeze;
using Qga.Platform.Logging;

namespace Qga.Host;

/// <summary>
/// What signals do: TERM and INT end the agent, when it may (see <see cref="AgentRest"/>); USR1 ends it even while the guest is
/// frozen, for the next agent to take over; HUP has it read its settings anew. Every other signal keeps its default.
/// </summary>
/// <param name="log">Where the signal is told of.</param>
/// <param name="rest">Says when the agent may end.</param>
/// <param name="end">Ends it.</param>
/// <param name="reload">Reads the settings anew.</param>
internal sealed class SignalLifetime(AgentLog log, AgentRest rest, Action end, Action reload) : IHostLifetime, IDisposable
{
    private const PosixSignal HandOver = (PosixSignal)10; // SIGUSR1, signal(7)

    private readonly List<PosixSignalRegistration> _registrations = [];

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        Register(PosixSignal.SIGTERM, () => Quit(15, handsOver: false));
        Register(PosixSignal.SIGINT, () => Quit(2, handsOver: false));
        Register(HandOver, () => Quit((int)HandOver, handsOver: true));
        Register(PosixSignal.SIGHUP, reload);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

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

    private void Quit(int number, bool handsOver) => rest.Quit(
        () =>
        {
            log.Write(LogLevel.Debug, $"received signal num {number}, quitting");
            end();
        },
        handsOver);
}
