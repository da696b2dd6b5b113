using Akka.Actor;
using Akka.Event;
using Qga.Actors.Agent;
using Qga.Actors.Commands;
using Qga.Actors.Domains;
using Qga.Actors.Files;
using Qga.Actors.Freeze;
using Qga.Actors.Storage;
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

    private bool _isFrozen;

    private AgentSupervisor(AgentServices services) => (_services, _isFrozen) = (services, services.Freezer.StartsFrozen);

    public static Props Props(AgentServices services) => ActorFactory.Props(() => new AgentSupervisor(services));

    protected override void PreStart()
    {
        var session = new Session(_services.Catalog, _services.Filter, _isFrozen);
        IReadOnlyList<IActorRef> domains =
        [
            Context.ActorOf(SessionActor.Props(session, _services.Workers), NameOf(Domain.Session)),
            Context.ActorOf(FilesActor.Props(_services.Files, _services.Workers, _services.Accounting, _isFrozen), NameOf(Domain.Files)),
            Context.ActorOf(StorageActor.Props(_services.Trimmer, _services.Workers, _isFrozen), NameOf(Domain.Storage)),
        ];

        // We come to rest first: from then on nothing that has to wait for the thaw gets as far as a domain.
        Context.ActorOf(FreezeActor.Props(_services.Freezer, [Self, .. domains], _services.FreezeWorkers), NameOf(Domain.Freeze));
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
            case FreezeProtocol.Quiesce: _isFrozen = true; Sender.Tell(FreezeProtocol.Quiesced.Instance); break;
            case FreezeProtocol.Resume: _isFrozen = false; break;
            case FreezeProtocol.Leave: Context.Child(NameOf(Domain.Freeze)).Forward(message); break;
            default: Unhandled(message); break;
        }
    }

    private static string NameOf(Domain domain) => domain switch
    {
        Domain.Session => "session",
        Domain.Files => "files",
        Domain.Storage => "storage",
        Domain.Freeze => "freeze",
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
        return spec is null ? QmpError.UnknownCommand(request.Command) : _services.Filter.Refusal(spec, _isFrozen);
    }

    private void Answer(TransportProtocol.Submit submit, QmpError error) =>
        Sender.Tell(new TransportProtocol.Answered(submit.Sequence, QmpResponse.Failure(error)));
}

/// <summary>What the agent's actors stand on.</summary>
public sealed record AgentServices(
    CommandCatalog Catalog,
    CommandFilter Filter,
    FileOpening Files,
    FileSystemTrimmer Trimmer,
    GuestFreezer Freezer,
    WorkerPool Workers,
    WorkerPool FreezeWorkers,
    IAccountingLog Accounting);
