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
    private readonly Queue<Invoke> _waiting = new();
    private bool _isClosed;

    private FileHandleActor(long number, IGuestFile file, WorkerPool workers)
        : base(workers, isFrozen: false) => (_number, _file) = (number, file);

    public static Props Props(long number, IGuestFile file, WorkerPool workers) =>
        ActorFactory.Props(() => new FileHandleActor(number, file, workers));

    internal static string NameOf(long number) => $"handle-{number}";

    protected override void PostStop()
    {
        foreach (var invoke in _waiting)
            RefuseUnknown(invoke);
    }

    protected override void Handle(object message)
    {
        switch (message)
        {
            case Invoke invoke when _isClosed: RefuseUnknown(invoke); break;
            case Invoke invoke when StuckIn is not null: Refuse(invoke); break;
            case Invoke invoke when IsRunning: _waiting.Enqueue(invoke); break;
            case Invoke invoke: Start(invoke); break;
            case Abandoned: _isClosed = true; break;
            default: base.Handle(message); break;
        }
    }

    protected override void WorkerReturned()
    {
        if (!_isClosed && !IsRunning && _waiting.TryDequeue(out var next))
            Start(next);
        base.WorkerReturned();
    }

    protected override void FrozenChanged()
    {
        while (IsFrozen && _waiting.TryDequeue(out var invoke))
            invoke.Fail(CommandFilter.FrozenOut(invoke.Spec), Self);
    }

    protected override void DeadlinePassed()
    {
        while (_waiting.TryDequeue(out var invoke))
            Refuse(invoke);
    }

    private void Start(Invoke invoke)
    {
        var command = (ICommand<IGuestFile>)invoke.Command;
        if (command is GuestFileClose)
            RunOnWorker(invoke, () => command.Execute(_file), outcome => OnClosed(invoke, outcome), outcome => OnClosed(invoke: null, outcome));
        else
            RunOnWorker(invoke, () => command.Execute(_file), outcome => invoke.Answer(outcome, Self));
        if (!IsRunning)
            WorkerReturned();
    }

    /// <summary>However late it comes and whatever it says, the file is closed.</summary>
    private void OnClosed(Invoke? invoke, Outcome<IQmpValue> outcome)
    {
        _isClosed = true;
        Context.Parent.Tell(new Closed(_number, invoke, outcome));
    }

    private void RefuseUnknown(Invoke invoke) =>
        invoke.Fail(QmpError.Generic($"handle '{_number}' has not been found"), Self);

    private void Refuse(Invoke invoke) =>
        invoke.Fail(QmpError.Generic($"handle '{_number}' is busy: {StuckIn} has not come back from the kernel"), Self);
}
