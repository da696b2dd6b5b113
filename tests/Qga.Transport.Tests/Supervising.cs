using Akka.Actor;

namespace Qga.Transport.Tests;

/// <summary>A parent that stops its child when it fails, and tells a probe why.</summary>
internal sealed class Supervising : UntypedActor
{
    private readonly IActorRef _probe;

    private Supervising(IActorRef probe) => _probe = probe;

    /// <summary>Props of a parent, which starts the child of each Props that it is told and answers with its reference.</summary>
    public static Props Props(IActorRef probe) => ActorFactory.Props(() => new Supervising(probe));

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(
        maxNrOfRetries: -1, withinTimeMilliseconds: -1, loggingEnabled: false, localOnlyDecider: cause =>
        {
            _probe.Tell(cause);
            return Directive.Stop;
        });

    protected override void OnReceive(object message) => Sender.Tell(Context.ActorOf((Props)message));
}
