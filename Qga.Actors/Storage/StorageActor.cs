using Qga.Actors.Commands;
using Qga.Actors.Domains;
using Qga.Transport;
using static Qga.Actors.Commands.CommandProtocol;

namespace Qga.Actors.Storage;

/// <summary>The storage domain: each command on a worker of its own.</summary>
public sealed class StorageActor : CommandActor
{
    private readonly FileSystemTrimmer _trimmer;

    private StorageActor(FileSystemTrimmer trimmer, WorkerPool workers, bool isFrozen)
        : base(workers, isFrozen) => _trimmer = trimmer;

    public static Akka.Actor.Props Props(FileSystemTrimmer trimmer, WorkerPool workers, bool isFrozen) =>
        ActorFactory.Props(() => new StorageActor(trimmer, workers, isFrozen));

    protected override void Handle(object message)
    {
        if (message is Invoke { Command: ICommand<FileSystemTrimmer> trim } invoke)
            RunOnWorker(invoke, () => trim.Execute(_trimmer), outcome => invoke.Answer(outcome, Self));
        else
            base.Handle(message);
    }
}
