using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Qga.Platform.Logging;

namespace Qga.Host;

/// <summary>Ends the agent on TERM and INT, when it may; every other signal keeps its default.</summary>
internal sealed class SignalLifetime(IHostApplicationLifetime application, AgentLog log, AgentRest rest) : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Quit));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, Quit));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
    }

    private void Quit(PosixSignalContext signal)
    {
        signal.Cancel = true;
        var number = signal.Signal == PosixSignal.SIGTERM ? 15 : 2;
        rest.Quit(() =>
        {
            log.Write(LogLevel.Debug, $"received signal num {number}, quitting");
            application.StopApplication();
        });
    }
}
