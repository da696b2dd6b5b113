using Akka.Actor;

namespace Qga.Host.Hosting;

/// <summary>
/// How the actors at the top are supervised: after a bug each goes on as it is. A restart would close every open file of the
/// guest, and the channel with it. Named in <see cref="AkkaConfiguration"/>.
/// </summary>
public sealed class ResumingGuardian : SupervisorStrategyConfigurator
{
    public override SupervisorStrategy Create() => new OneForOneStrategy(static _ => Directive.Resume);
}
