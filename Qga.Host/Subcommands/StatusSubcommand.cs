using Newtonsoft.Json;
using Qga.Host.CommandLine;
using Qga.Host.Control;

namespace Qga.Host.Subcommands;

/// <summary><c>qga status</c>: what the agents of this guest are doing; as a rule there is one.</summary>
internal sealed class StatusSubcommand : Subcommand
{
    protected override string Help => """
        Usage: qga status [--json]
        Prints what the guest agent is doing. With --json as one JSON object on a line, for each agent that runs.
        Exit status: 0 if all agents have answered, 2 if one has not or none runs.

        """;

    protected override int Run(Func<StartupDecision.Serve> read, TextWriter output, TextWriter error)
    {
        if (!Environment.IsPrivilegedProcess)
            return Fail(error, "only root may ask the agent");

        if (Agents.Count == 0)
            return Fail(error, $"no agent runs here (none listens in {ControlSocket.Directory})");

        var status = 0;
        foreach (var agent in Agents)
        {
            if (agent.Status is not { } answer)
                status = Fail(error, $"agent {agent.Process} does not answer: {agent.Failure}");
            else if (IsJson)
                output.WriteLine(answer.ToString(Formatting.None));
            else
                StatusReport.Write(answer, output);
        }

        return status;
    }
}
