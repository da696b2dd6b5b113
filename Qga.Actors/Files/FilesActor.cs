using Akka.Actor;
using Qga.Actors.Commands;
using Qga.Actors.Domains;
using Qga.Platform.Audit;
using Qga.Platform.Files;
using Qga.Platform.Work;
using Qga.Transport;
using Qga.Transport.Protocol;
using static Qga.Actors.Commands.CommandProtocol;

namespace Qga.Actors.Files;

/// <summary>
/// The <c>guest-file-*</c> domain: opens files, each for a <see cref="FileHandleActor"/> of its own, and finds the actor of a
/// handle. An open that hangs holds up no other.
/// </summary>
public sealed class FilesActor : CommandActor
{
    private readonly FileOpening _opening;
    private readonly WorkerPool _workers;
    private readonly IAuditLog _audit;
    private readonly Dictionary<long, (IActorRef Actor, CommandSpec Opening, string? Peer)> _handles = [];

    private FilesActor(FileOpening opening, WorkerPool workers, IAuditLog audit)
        : base(workers) => (_opening, _workers, _audit) = (opening, workers, audit);

    public static Props Props(FileOpening opening, WorkerPool workers, IAuditLog audit) =>
        ActorFactory.Props(() => new FilesActor(opening, workers, audit));

    protected override IEnumerable<IActorRef> Subordinates => _handles.Values.Select(open => open.Actor);

    /// <summary>A bug in one command must not cost the guest an open file: the actor of a handle goes on with its state.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(static _ => Directive.Resume);

    protected override void Handle(object message)
    {
        switch (message)
        {
            case Invoke { Command: GuestFileOpen open } invoke: Open(invoke, open); break;
            case Returned<OpenedFile> { Work: CommandWork { IsOverdue: false } work } opened: OnOpened(work.Invoke, opened.Outcome); break;
            case Returned<OpenedFile> { Work: var late } opened: Close(late.Name, late.Limit, opened.Outcome.Value?.File); break;
            case Invoke { Command: IFileHandleCommand command } invoke: Forward(invoke, command.Handle); break;
            case FileHandleActor.Closed closed: OnClosed(closed); break;
            case TransportProtocol.Undelivered { Response.Return: OpenedFile opened }: Abandon(opened); break;
            default: base.Handle(message); break;
        }
    }

    private void Open(Invoke invoke, GuestFileOpen open)
    {
        if (invoke.Permission is { } permission)
            TryRun(invoke, () => permission.Use(judge => open.Open(_opening, judge)));
        else
            TryRun(invoke, () => open.Open(_opening));
    }

    private void OnOpened(Invoke invoke, Outcome<OpenedFile> outcome)
    {
        if (outcome.Value is not { } opened)
        {
            invoke.Fail(outcome.Failure!, Self);
            return;
        }

        try
        {
            var props = FileHandleActor.Props(opened.Handle, opened.File, _workers);
            _handles.Add(opened.Handle, (Context.ActorOf(props, FileHandleActor.NameOf(opened.Handle)), invoke.Spec, invoke.Peer));
        }
        catch
        {
            Close(invoke.Spec.Name, invoke.Spec.Deadline, opened.File);
            throw;
        }

        _audit.Record($"guest-file-open, handle: {opened.Handle}");
        invoke.Succeed(opened, Self);
    }

    /// <summary>Closes a file that nobody has a handle of. That may hang as opening did, so it is work for a worker too.</summary>
    private void Close(string opening, TimeSpan? limit, IGuestFile? file)
    {
        if (file is not null)
            Free(new Work(opening, limit, touchesNoDisk: false), file);
    }

    private void Forward(Invoke invoke, long handle)
    {
        if (_handles.TryGetValue(handle, out var open) && invoke.MayUseThatOf(open.Peer))
            open.Actor.Tell(invoke, Self);
        else
            invoke.Fail(QmpError.Generic($"handle '{handle}' has not been found"), Self);
    }

    private void OnClosed(FileHandleActor.Closed closed)
    {
        // Its mailbox may hold commands that were forwarded before: it refuses them, then stops.
        _handles.Remove(closed.Number);
        Sender.Tell(PoisonPill.Instance);
        closed.Invoke?.Answer(closed.Outcome, Self);
    }

    /// <summary>The client that opened the file never learned its handle, so nobody could close it.</summary>
    private void Abandon(OpenedFile opened)
    {
        if (!_handles.Remove(opened.Handle, out var open))
            return;
        open.Actor.Tell(FileHandleActor.Abandoned.Instance);
        open.Actor.Tell(PoisonPill.Instance);
        Close(open.Opening.Name, open.Opening.Deadline, opened.File);
    }
}
