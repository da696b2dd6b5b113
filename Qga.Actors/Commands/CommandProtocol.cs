using Akka.Actor;
using Qga.Platform.Freeze;
using Qga.Platform.Policy;
using Qga.Platform.Work;
using Qga.Transport;
using Qga.Transport.Activity;
using Qga.Transport.Protocol;

namespace Qga.Actors.Commands;

/// <summary>What the supervisor and the domains say to each other.</summary>
public static class CommandProtocol
{
    /// <summary>The administrator has changed what the host may do, and what is never frozen.</summary>
    public sealed record Reconfigure(CommandFilter Filter, FreezeExclusions Exclusions);

    /// <summary>Carry out a command and tell its transport the outcome, which gives each request exactly one answer.</summary>
    public sealed record Invoke(CommandSpec Spec, ICommand Command, long Sequence, IActorRef Transport)
    {
        /// <summary>What the guest's policy says of it, if that is more than yes; null if there is none.</summary>
        public Permission? Permission { get; init; }

        /// <summary>What is known of it from outside; null if nobody wants to know.</summary>
        public RequestRecord? Record { get; init; }

        /// <summary>What the audit is told of it; null for nothing.</summary>
        public AuditedRequest? Audit { get; init; }

        /// <inheritdoc cref="TransportProtocol.Submit.Peer"/>
        public string? Peer { get; init; }

        /// <inheritdoc cref="TransportProtocol.Submit.Channel"/>
        public string? Channel { get; init; }

        /// <summary>
        /// Whether it may use what somebody has opened or started. Under a policy that is for who has: else one could have another open what
        /// rules keep from him.
        /// </summary>
        /// <param name="owner">Who has; null if nobody knew.</param>
        public bool MayUseThatOf(string? owner) => Permission is not { IsEnforced: true } || Peer == owner;

        public void Succeed(IQmpValue value, IActorRef sender) =>
            Transport.Tell(new TransportProtocol.Answered(Sequence, Spec.Succeeded(value)), sender);

        public void Fail(QmpError error, IActorRef sender) =>
            Transport.Tell(new TransportProtocol.Answered(Sequence, QmpResponse.Failure(error)), sender);

        public void Answer(Outcome<IQmpValue> outcome, IActorRef sender)
        {
            if (outcome.Failure is { } failure)
                Fail(failure, sender);
            else
                Succeed(outcome.Value!, sender);
        }

        public void Fail(Exception failure, IActorRef sender)
        {
            if (failure is PolicyRefusalException)
                Note(RequestResult.Refused);
            Fail(CommandFailure.ErrorOf(failure), sender);
        }

        /// <summary>Notes how it ends, before it is answered by an error that does not tell.</summary>
        internal void Note(RequestResult verdict)
        {
            if (Record is not null)
                Record.Verdict = verdict;
        }
    }
}
