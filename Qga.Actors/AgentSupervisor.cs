using Akka.Actor;
using Akka.Event;
using Qga.Actors.Agent;
using Qga.Actors.Commands;
using Qga.Actors.Domains;
using Qga.Actors.Files;
using Qga.Platform.Logging;
using Qga.Transport;
using Qga.Transport.Protocol;
using static Qga.Actors.Commands.CommandProtocol;

namespace Qga.Actors;

/// <summary>
/// Routes each request to the actor of its domain, or answers what is wrong with it: unknown, not allowed, bad arguments.
/// Decides what a failure costs.
/// </summary>
public sealed class AgentSupervisor : UntypedActor
{
    private readonly AgentServices _services;
    private readonly ILoggingAdapter _log = Context.GetLogger();

    private AgentSupervisor(AgentServices services) => _services = services;

    public static Props Props(AgentServices services) => ActorFactory.Props(() => new AgentSupervisor(services));

    protected override void PreStart()
    {
        Context.ActorOf(SessionActor.Props(new Session(_services.Catalog, _services.Filter), _services.Workers), NameOf(Domain.Session));
        Context.ActorOf(FilesActor.Props(_services.Files, _services.Workers, _services.Accounting), NameOf(Domain.Files));
    }

    /// <summary>
    /// A domain goes on with its state after a bug: the request that met the bug has its error answer already, and what the
    /// domain holds (open handles, later running processes) is what the host relies on.
    /// </summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(static _ => Directive.Resume);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case TransportProtocol.Submit submit: Route(submit); break;
            default: Unhandled(message); break;
        }
    }

    private static string NameOf(Domain domain) => domain switch
    {
        Domain.Session => "session",
        Domain.Files => "files",
        _ => throw new ArgumentOutOfRangeException(nameof(domain), domain, message: null),
    };

    private void Route(TransportProtocol.Submit submit)
    {
        try
        {
            if (Refusal(submit.Request, out var spec) is { } error)
            {
                Answer(submit, error);
                return;
            }

            var arguments = new QmpArguments(submit.Request.Arguments);
            var command = spec.Parse(arguments);
            arguments.End();
            if (command.Account is { } account)
                _services.Accounting.Record(account);
            Context.Child(NameOf(spec.Domain)).Tell(new Invoke(spec, command, submit.Sequence, Sender), Sender);
        }
        catch (CommandException refusal)
        {
            Answer(submit, QmpError.Generic(refusal.Message));
        }
        catch (Exception bug)
        {
            // Routing leaves nothing behind that a restart could mend, and a restart would take the domains along.
            _log.Error(bug, "{0} failed before it ran", submit.Request.Command);
            Answer(submit, CommandFailure.ErrorOf(bug));
        }
    }

    private QmpError? Refusal(QmpRequest request, out CommandSpec spec)
    {
        spec = _services.Catalog.Find(request.Command)!;
        if (spec is null)
            return QmpError.UnknownCommand(request.Command);
        return _services.Filter.Allows(spec) ? null : QmpError.DisabledCommand(spec.Name, _services.Filter.Reason);
    }

    private void Answer(TransportProtocol.Submit submit, QmpError error) =>
        Sender.Tell(new TransportProtocol.Answered(submit.Sequence, QmpResponse.Failure(error)));
}

/// <summary>What the agent's actors stand on.</summary>
public sealed record AgentServices(
    CommandCatalog Catalog, CommandFilter Filter, FileOpening Files, WorkerPool Workers, IAccountingLog Accounting);
