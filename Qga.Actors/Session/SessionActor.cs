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

    private SessionActor(SessionState session, WorkerPool workers)
        : base(workers, session.IsFrozen) => _session = session;

    public static Props Props(SessionState session, WorkerPool workers) => ActorFactory.Props(() => new SessionActor(session, workers));

    protected override void FrozenChanged() => _session = _session with { IsFrozen = IsFrozen };

    protected override void Handle(object message)
    {
        switch (message)
        {
            case Invoke invoke: Run(invoke, (ICommand<SessionState>)invoke.Command); break;
            case CommandProtocol.Reconfigure reconfigure: _session = _session with { Filter = reconfigure.Filter }; break;
            default: base.Handle(message); break;
        }
    }

    private void Run(Invoke invoke, ICommand<SessionState> command) => invoke.Succeed(command.Execute(_session), Self);
}
