using Akka.Actor;
using Qga.Actors.Commands;
using Qga.Actors.Domains;
using Qga.Transport;
using static Qga.Actors.Commands.CommandProtocol;

namespace Qga.Actors.Agent;

/// <summary>The session domain: its commands never enter the kernel, so they run right here and need no worker.</summary>
public sealed class SessionActor : CommandActor
{
    private Session _session;

    private SessionActor(Session session, WorkerPool workers)
        : base(workers, session.IsFrozen) => _session = session;

    public static Props Props(Session session, WorkerPool workers) => ActorFactory.Props(() => new SessionActor(session, workers));

    protected override void FrozenChanged() => _session = _session with { IsFrozen = IsFrozen };

    protected override void Handle(object message)
    {
        switch (message)
        {
            case Invoke invoke: Run(invoke, (ICommand<Session>)invoke.Command); break;
            case AgentSupervisor.Reconfigure reconfigure: _session = _session with { Filter = reconfigure.Filter }; break;
            default: base.Handle(message); break;
        }
    }

    private void Run(Invoke invoke, ICommand<Session> command) => invoke.Succeed(command.Execute(_session), Self);
}
