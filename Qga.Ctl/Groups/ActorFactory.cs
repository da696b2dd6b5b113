using Akka.Actor;

namespace Qga.Ctl.Groups;

/// <summary>
/// Makes actors by calling a function: Akka's own <c>Props.Create</c> looks constructors up by reflection, which finds nothing in a trimmed
/// executable.
/// </summary>
internal sealed class ActorFactory<TActor>(Func<TActor> create) : IIndirectActorProducer
    where TActor : ActorBase
{
    public Type ActorType => typeof(TActor);

    public ActorBase Produce() => create();

    public void Release(ActorBase actor)
    {
    }

    internal static Props Props(Func<TActor> create) => Akka.Actor.Props.CreateBy(new ActorFactory<TActor>(create));
}
