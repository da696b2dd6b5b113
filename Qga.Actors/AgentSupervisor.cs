using Akka.Actor;
using Akka.Event;
using Qga.Actors.Accounts;
using Qga.Actors.Commands;
using Qga.Actors.Domains;
using Qga.Actors.Files;
using Qga.Actors.Freeze;
using Qga.Actors.Processes;
using Qga.Actors.Session;
using Qga.Transport;
using Qga.Transport.Activity;
using Qga.Transport.Protocol;
using static Qga.Actors.Commands.CommandProtocol;

namespace Qga.Actors;

/// <summary>
/// Routes each request to the actor of its domain, or answers what is wrong with it: unknown, not allowed, bad arguments.
/// Decides what a failure costs.
/// </summary>
public sealed class AgentSupervisor : UntypedActor
{
    /// <summary>A request that waits until the audit has caught up.</summary>
    private sealed record HeldBack(TransportProtocol.Submit Submit);

    private static readonly TimeSpan CatchUpInterval = TimeSpan.FromMilliseconds(5);

    private readonly AgentServices _services;
    private readonly ILoggingAdapter _log = Context.GetLogger();

    private readonly Gate _gate = new();

    private CommandFilter _filter;

    private AgentSupervisor(AgentServices services) => (_services, _filter) = (services, services.Filter);

    public static Props Props(AgentServices services) => ActorFactory.Props(() => new AgentSupervisor(services));

    protected override void PreStart()
    {
        IReadOnlyList<IActorRef> domains =
        [
            Start(Domain.Session, SessionActor.Props(_services.Catalog, _filter, _services.Workers)),
            Start(Domain.Files, FilesActor.Props(_services.Files, _services.Workers, _services.Audit)),
            Start(Domain.Storage, _services.Storage),
            Start(Domain.Network, _services.Network),
            Start(Domain.Processors, _services.Processors),
            Start(Domain.Identity, _services.Identity),
            Start(Domain.Timekeeping, _services.Clock),
            Start(Domain.Power, _services.Power),
            Start(Domain.Accounts, AccountsActor.Props(_services.Accounts, _services.Workers)),
            Start(Domain.Processes, ProcessesActor.Props(_services.Processes, _services.Workers, _services.Audit)),
            Start(Domain.Evidence, _services.FreezeLedger),
        ];

        // They have nothing to finish yet.
        if (_services.FreezeSteps.StartsFrozen)
        {
            _gate.IsClosed = true;
            foreach (var domain in domains)
                domain.Tell(QuiesceProtocol.Quiesce.Instance);
        }

        // We come to rest first: from then on nothing that has to wait for the thaw gets as far as a domain.
        Start(Domain.Freeze, FreezeActor.Props(_services.FreezeSteps, _services.FreezeView, [Self, .. domains], _services.FreezeWorkers));
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
            case TransportProtocol.Submit submit: Take(submit); break;
            case HeldBack held: Take(held.Submit); break;
            case QuiesceProtocol.Quiesce: _gate.IsClosed = true; Sender.Tell(QuiesceProtocol.Quiesced.Instance); break;
            case QuiesceProtocol.Quiesced: break;
            case QuiesceProtocol.Resume: _gate.IsClosed = false; break;
            case Reconfigure reconfigure: OnReconfigure(reconfigure); break;
            case FreezeProtocol.End: Context.Child(NameOf(Domain.Freeze)).Forward(message); break;
            default: Unhandled(message); break;
        }
    }

    private void OnReconfigure(Reconfigure reconfigure)
    {
        _filter = reconfigure.Filter;
        foreach (var domain in (Domain[])[Domain.Session, Domain.Freeze])
            Context.Child(NameOf(domain)).Forward(reconfigure);
    }

    private static string NameOf(Domain domain) => domain.ToString().ToLowerInvariant();

    private static IActorRef Start(Domain domain, Props props) => Context.ActorOf(props, NameOf(domain));

    private IActorRef Start<TState>(Domain domain, TState state) =>
        Start(domain, DomainActor.Props(state, _services.Workers));

    /// <summary>
    /// A host that is faster than its own records are written waits for them, or it could have them lost; a freeze and a thaw never do.
    /// </summary>
    private void Take(TransportProtocol.Submit submit)
    {
        if (_services.Audit.IsBehind && _services.Catalog.Find(submit.Request.Command) is not { Domain: Domain.Freeze })
            Context.System.Scheduler.ScheduleTellOnce(CatchUpInterval, Self, new HeldBack(submit), Sender);
        else
            Route(submit);
    }

    private void Route(TransportProtocol.Submit submit)
    {
        try
        {
            if (Refusal(submit, out var spec) is { } error)
            {
                if (spec is not null && !_gate.IsClosed)
                    NoteDisabled(submit, spec);
                Answer(submit, error);
                return;
            }

            var arguments = new QmpArguments(submit.Request.Arguments);
            var command = spec.Parse(arguments);
            arguments.End();
            var permission = _filter.Policy is { } policy
                ? Permission.Ask(policy, spec, command, submit.Peer, new PermissionRecord(_services.Audit, _log, _services.PolicyTally))
                : null;
            var audit = AuditOf(submit, spec, command, permission);
            if (permission?.Refusal is { } refused)
            {
                if (submit.Record is { } record)
                    record.Verdict = RequestResult.Refused;
                Answer(submit, refused);
                return;
            }

            if (permission is null && command.AuditText is { } text)
                _services.Audit.Record(text);
            var invoke = new Invoke(spec, command, submit.Sequence, Sender)
            {
                Permission = permission,
                Record = submit.Record,
                Audit = audit,
                Peer = submit.Peer,
                Channel = submit.Channel,
            };
            audit?.Begin(submit.Record!);
            Context.Child(NameOf(spec.Domain)).Tell(invoke, Sender);
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

    /// <summary>The administrator's lists refuse without a word; a rule of the policy may want one.</summary>
    private void NoteDisabled(TransportProtocol.Submit submit, CommandSpec spec)
    {
        if (!_filter.ListsAllow(spec))
            return;
        _services.PolicyTally.Count(isEnforced: true);
        if (_filter.DisablingRule(spec, submit.Peer) is not { Audits: true } rule)
            return;
        _services.Audit.Record($"{spec.Name} called, refused, rule {rule.Origin}");
        if (_services.Audit.TakesRecords && submit.Record is { } record)
            record.Listener = new AuditedRequest(_services.Audit, spec, submit.Peer, rule);
    }

    /// <summary>What the audit is to be told of a request; null for nothing.</summary>
    private AuditedRequest? AuditOf(TransportProtocol.Submit submit, CommandSpec spec, ICommand command, Permission? permission)
    {
        if (!_services.Audit.TakesRecords || submit.Record is not { } record || (permission is null && !command.Changes))
            return null;
        var audit = new AuditedRequest(_services.Audit, spec, command, submit.Peer, permission);
        record.Listener = audit;
        return audit;
    }

    private QmpError? Refusal(TransportProtocol.Submit submit, out CommandSpec spec)
    {
        spec = _services.Catalog.Find(submit.Request.Command)!;
        return spec is null ? QmpError.UnknownCommand(submit.Request.Command) : _gate.Refusal(spec, _filter, submit.Peer);
    }

    private void Answer(TransportProtocol.Submit submit, QmpError error) =>
        Sender.Tell(new TransportProtocol.Answered(submit.Sequence, QmpResponse.Failure(error)));
}
