using Qga.Host.Check;

namespace Qga.Host.CommandLine;

/// <summary>What the command line and the configuration amount to.</summary>
public abstract record StartupDecision
{
    private StartupDecision()
    {
    }

    /// <summary>Be the agent, once the warnings are in its log.</summary>
    public sealed record Run(AgentOptions Options, IReadOnlyList<Finding> Warnings) : StartupDecision;

    /// <summary>All is said and done.</summary>
    public sealed record Exit(int Code) : StartupDecision;
}
