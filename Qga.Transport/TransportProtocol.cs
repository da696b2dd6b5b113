using Qga.Transport.Activity;
using Qga.Transport.Protocol;

namespace Qga.Transport;

/// <summary>What a transport actor, the actors that carry out its requests, and whoever ends it say to each other.</summary>
public static class TransportProtocol
{
    /// <summary>Asks the router to carry out a request; the sender wants one <see cref="Answered"/> with the same sequence.</summary>
    public sealed record Submit(long Sequence, QmpRequest Request)
    {
        /// <summary>Who asks, in the words of <see cref="TransportSettings.Peer"/>.</summary>
        public string? Peer { get; init; }

        /// <summary>By which channel, in the words of <see cref="TransportSettings.Channel"/>.</summary>
        public string? Channel { get; init; }

        /// <summary>What is known of it from outside; null if nobody wants to know.</summary>
        public RequestRecord? Record { get; init; }
    }

    /// <summary>The outcome of the request with that sequence.</summary>
    public sealed record Answered(long Sequence, QmpResponse Response);

    /// <summary>Goes back to the sender of an answer that came too late: its client has given the request up.</summary>
    public sealed record Undelivered(QmpResponse Response);

    /// <summary>The agent ends: the sender wants <see cref="Drained"/> once all answers that there are have left.</summary>
    public sealed record Drain
    {
        public static readonly Drain Instance = new();
    }

    /// <summary>No answer waits to leave, as far as its client lets it.</summary>
    public sealed record Drained
    {
        public static readonly Drained Instance = new();
    }
}
