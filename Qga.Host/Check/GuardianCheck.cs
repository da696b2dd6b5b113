using Qga.Host.Control;
using Qga.Platform.Diagnosis;
using Qga.Platform.Freeze.Guardian;

namespace Qga.Host.Check;

/// <summary>Whether the guardian of a freeze outlives what ends the agent.</summary>
internal static class GuardianCheck
{
    private const string Subject = "guardian";

    internal static IEnumerable<Finding> Run(IReadOnlyList<LocalAgent> agents)
    {
        foreach (var agent in agents)
        {
            var obstacle = GuardianGroup.Obstacle(agent.Process, out var where);
            if (obstacle is null)
                yield return new Finding(Severity.Ok, Subject, $"a freeze has a guardian in a control group of its own: {where}");
            foreach (var warning in GuardianGroup.WarningsOf(obstacle))
                yield return new Finding(Severity.Warning, Subject, warning);
        }
    }
}
