using Akka.Actor;

namespace Qga.Transport;

/// <summary>
/// Makes actors by calling a function: Akka's own <c>Props.Create</c> looks constructors up by reflection, which finds nothing
/// in a trimmed executable.
/// </summary>
public sealed class ActorFactory<TActor>(Func<TActor> create) : IIndirectActorProducer
    where TActor : ActorBase
{
    public Type ActorType => typeof(TActor);

    public ActorBase Produce() => create();

    public void Release(ActorBase actor)
    {
    }
}

/// <summary>Props from functions.</summary>
public static class ActorFactory
{
    public static Props Props<TActor>(Func<TActor> create)
        where TActor : ActorBase => Akka.Actor.Props.CreateBy(new ActorFactory<TActor>(create));
}
