using Akka.Actor;
using Qga.Actors.Commands;
using Qga.Actors.Domains;
using Qga.Platform.Files;
using Qga.Platform.Work;
using Qga.Transport;
using Qga.Transport.Protocol;
using static Qga.Actors.Commands.CommandProtocol;

namespace Qga.Actors.Files;

/// <summary>
/// One open file: its commands run one after the other, each on a worker. While one is stuck in the kernel the others are
/// refused, and once it comes back the handle works again.
/// </summary>
public sealed class FileHandleActor : CommandActor
{
    /// <summary>Tells the parent that the file is closed; it forgets the handle, then answers the client, if one waits still.</summary>
    internal sealed record Closed(long Number, Invoke? Invoke, Outcome<IQmpValue> Outcome);

    /// <summary>Nobody knows the handle, so nobody will close it.</summary>
    internal sealed record Abandoned
    {
        internal static readonly Abandoned Instance = new();
    }

    private readonly long _number;
    private readonly IGuestFile _file;
    private readonly Lane _lane = new();
    private bool _isClosed;

    private FileHandleActor(long number, IGuestFile file, WorkerPool workers)
        : base(workers) => (_number, _file) = (number, file);

    public static Props Props(long number, IGuestFile file, WorkerPool workers) =>
        ActorFactory.Props(() => new FileHandleActor(number, file, workers));

    internal static string NameOf(long number) => $"handle-{number}";

    protected override void PostStop()
    {
        foreach (var invoke in TakeWaiting())
            RefuseUnknown(invoke);
    }

    protected override void Handle(object message)
    {
        switch (message)
        {
            case Invoke invoke when _isClosed: RefuseUnknown(invoke); break;
            case Invoke invoke when _lane.StuckIn is not null: RefuseBusy(invoke); break;
            case Invoke invoke: _lane.Enter(invoke); Advance(); break;
            case Returned<IQmpValue> { Work: CommandWork { Invoke.Command: GuestFileClose } work } closed: OnClosed(work, closed.Outcome); break;
            case Returned: base.Handle(message); _lane.Leave(); Advance(); break;
            case Overdue overdue: base.Handle(message); OnOverdue(overdue.Work); break;
            case Abandoned: _isClosed = true; break;
            default: base.Handle(message); break;
        }
    }

    protected override IEnumerable<Invoke> TakeWaiting() => _lane.TakeWaiting();

    private void Advance()
    {
        while (!_isClosed && _lane.Next() is { } invoke)
        {
            var command = (ICommand<IGuestFile>)invoke.Command;
            var isRunning = false;
            try
            {
                isRunning = TryRun(invoke, () => command.Execute(_file));
            }
            finally
            {
                if (!isRunning)
                    _lane.Leave();
            }
        }
    }

    private void OnOverdue(Work work)
    {
        if (!work.IsOverdue)
        {
            _lane.Leave();
            Advance();
            return;
        }

        _lane.GetStuck();
        foreach (var invoke in TakeWaiting())
            RefuseBusy(invoke);
    }

    /// <summary>However late it comes and whatever it says, the file is closed.</summary>
    private void OnClosed(CommandWork work, Outcome<IQmpValue> outcome)
    {
        _isClosed = true;
        Context.Parent.Tell(new Closed(_number, work.IsOverdue ? null : work.Invoke, outcome));
    }

    private void RefuseUnknown(Invoke invoke) =>
        invoke.Fail(QmpError.Generic($"handle '{_number}' has not been found"), Self);

    private void RefuseBusy(Invoke invoke) =>
        invoke.Fail(QmpError.Generic($"handle '{_number}' is busy: {_lane.StuckIn} has not come back from the kernel"), Self);
}
