using Akka.Actor;
using Qga.Actors.Freeze;
using Qga.Actors.Schema;
using Qga.Transport;
using Qga.Transport.Protocol;

namespace Qga.Host.Control;

/// <summary>Routes what root asks over the control socket: how the agent is, here; all else as any request.</summary>
public sealed class ControlActor : UntypedActor
{
    /// <summary>No command of the host's: no channel to a host routes here.</summary>
    public const string StatusCommand = "qga-status";

    /// <summary>The same for <c>qga metrics</c>.</summary>
    public const string MetricsCommand = "qga-metrics";

    /// <summary>The same for <c>qga freezes</c>.</summary>
    public const string FreezesCommand = "qga-freezes";

    private readonly IActorRef _agent;
    private readonly IQmpValue _status;
    private readonly IQmpValue _metrics;
    private readonly IQmpValue _freezes;

    private ControlActor(IActorRef agent, IQmpValue status, IQmpValue metrics, IQmpValue freezes) =>
        (_agent, _status, _metrics, _freezes) = (agent, status, metrics, freezes);

    /// <param name="agent">Answers all else.</param>
    /// <param name="status">Reads what there is to tell when it is written.</param>
    /// <param name="metrics">Reads what was counted when it is written.</param>
    /// <param name="freezes">The same of the last freezes.</param>
    public static Props Props(IActorRef agent, IQmpValue status, IQmpValue metrics, IQmpValue freezes) =>
        ActorFactory.Props(() => new ControlActor(agent, status, metrics, freezes));

    internal static CommandDescription DescribeFreezes() => new(
        "Tells root on the guest what the last freezes were worth; `qga freezes` asks for it.")
    {
        Result = SchemaType.ListOf(FreezeRecordText.Schema),
        Notes = ["It is answered on `/run/qga/PID.sock` alone; a host has `__org.qga_freeze-report`, where it is let. The oldest comes first."],
    };

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case TransportProtocol.Submit { Request.Command: StatusCommand, Sequence: var sequence }:
                Sender.Tell(new TransportProtocol.Answered(sequence, QmpResponse.Success(_status)));
                break;
            case TransportProtocol.Submit { Request.Command: MetricsCommand, Sequence: var sequence }:
                Sender.Tell(new TransportProtocol.Answered(sequence, QmpResponse.Success(_metrics)));
                break;
            case TransportProtocol.Submit { Request.Command: FreezesCommand, Sequence: var sequence }:
                Sender.Tell(new TransportProtocol.Answered(sequence, QmpResponse.Success(_freezes)));
                break;
            case TransportProtocol.Submit: _agent.Forward(message); break;
            case TransportProtocol.Undelivered: break;
            default: Unhandled(message); break;
        }
    }
}
