using Akka.Actor;
using Qga.Actors.Commands;
using Qga.Platform.Work;
using Qga.Transport;
using static Qga.Actors.Commands.CommandProtocol;

namespace Qga.Actors.Domains;

/// <summary>A domain whose commands don't get in each other's way: each runs on a worker of its own, unless it needs none.</summary>
/// <typeparam name="TState">What the domain's commands run on.</typeparam>
public sealed class DomainActor<TState> : CommandActor
{
    private readonly TState _state;

    internal DomainActor(TState state, WorkerPool workers)
        : base(workers) => _state = state;

    protected override void Handle(object message)
    {
        if (message is not Invoke { Command: ICommand<TState> command } invoke)
            base.Handle(message);
        else if (invoke.Spec.Is(CommandTraits.Immediate))
            invoke.Answer(Outcome.Of(() => command.Execute(_state)), Self);
        else
            TryRun(invoke, () => command.Execute(_state));
    }
}

/// <summary>Makes domains.</summary>
public static class DomainActor
{
    public static Props Props<TState>(TState state, WorkerPool workers) => ActorFactory.Props(() => new DomainActor<TState>(state, workers));
}
