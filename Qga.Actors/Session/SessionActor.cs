using Akka.Actor;
using Qga.Actors.Commands;
using Qga.Actors.Domains;
using Qga.Platform.Work;
using Qga.Transport;
using static Qga.Actors.Commands.CommandProtocol;

namespace Qga.Actors.Session;

/// <summary>The session domain: its commands never enter the kernel, so they run right here and need no worker.</summary>
public sealed class SessionActor : CommandActor
{
    private SessionState _session;

    private SessionActor(CommandCatalog catalog, CommandFilter filter, WorkerPool workers)
        : base(workers) => _session = new SessionState(catalog, filter, Gate);

    public static Props Props(CommandCatalog catalog, CommandFilter filter, WorkerPool workers) =>
        ActorFactory.Props(() => new SessionActor(catalog, filter, workers));

    protected override void Handle(object message)
    {
        switch (message)
        {
            case Invoke invoke: Run(invoke, (ICommand<SessionState>)invoke.Command); break;
            case CommandProtocol.Reconfigure reconfigure: _session = _session with { Filter = reconfigure.Filter }; break;
            default: base.Handle(message); break;
        }
    }

    private void Run(Invoke invoke, ICommand<SessionState> command) =>
        invoke.Succeed(command.Execute(_session.Filter.Policy is null ? _session : _session with { Peer = invoke.Peer }), Self);
}
