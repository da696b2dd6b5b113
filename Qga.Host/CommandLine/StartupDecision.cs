using Qga.Platform.Diagnosis;

namespace Qga.Host.CommandLine;

/// <summary>What the command line and the configuration amount to.</summary>
public abstract record StartupDecision
{
    private StartupDecision()
    {
    }

    /// <summary>Be the agent, once the warnings are in its log.</summary>
    public sealed record Serve(AgentOptions Options, IReadOnlyList<Finding> Warnings) : StartupDecision
    {
        /// <summary>
        /// Whether not all is known that was configured: only what is safe while the guest is frozen is carried out.
        /// </summary>
        public bool IsProvisional { get; init; }
    }

    /// <summary>All is said and done.</summary>
    public sealed record Exit(int Code) : StartupDecision
    {
        /// <summary>What kept the agent from starting; null if nothing did, or no agent was asked for.</summary>
        public string? Failure { get; init; }
    }
}
