using System.Text;
using Newtonsoft.Json;
using Qga.Host.CommandLine;
using Qga.Host.Control;
using Qga.Host.Metrics;
using Qga.Platform;
using Qga.Platform.Files;
using Qga.Platform.Native;

namespace Qga.Host.Subcommands;

/// <summary><c>qga metrics</c>: what is counted of the agent that runs, for Prometheus.</summary>
internal sealed class MetricsSubcommand : Subcommand
{
    private const string Output = "--output=";

    private const int Unwritten = 1;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private string? _path;

    protected override string Help => """
        Usage: qga metrics [--output=FILE]
        Prints what is counted of the agent that runs, in the text format of Prometheus; of several agents, with label agent, the process of each.
        With --output it is written to FILE, at once and as a whole, as node_exporter's textfile collector wants it; while the guest is frozen only
        if FILE is in memory. Where no agent answers there is qga_up 0 alone.
        Exit status: 0; 1 if FILE can't be written, or the command line is wrong; 2 if an agent has not answered.

        """;

    protected override bool TakesAgentOptions => false;

    protected override string[] TakeOperands(string[] words)
    {
        _path = Array.FindLast(words, word => word.StartsWith(Output, StringComparison.Ordinal))?[Output.Length..];
        return [.. words.Where(word => !word.StartsWith(Output, StringComparison.Ordinal))];
    }

    protected override int Run(Func<StartupDecision.Serve> read, TextWriter output, TextWriter error)
    {
        if (Words.Count > 0)
            return FailFor(error, $"'{Words[0]}' belongs to no option");
        if (_path is "")
            return FailFor(error, "--output= names no file");
        if (!Environment.IsPrivilegedProcess)
            return FailFor(error, "only root may ask the agent");
        try
        {
            var answers = Ask(error);
            Tell(answers is [var only] ? only.Text : PrometheusText.OfAll(answers), output);
            return answers.Exists(answer => answer.Text == AgentMetrics.OfNobody()) ? Trouble : 0;
        }
        catch (PlatformException failure)
        {
            return FailFor(error, failure.Message);
        }
    }

    private static int FailFor(TextWriter error, string text)
    {
        _ = Fail(error, text);
        return Unwritten;
    }

    /// <summary>What each agent tells; of one that does not, and where there is none, that nobody does.</summary>
    private static List<(int Process, string Text)> Ask(TextWriter error)
    {
        List<(int Process, string Text)> answers = [];
        foreach (var agent in LocalAgent.Unasked())
        {
            try
            {
                answers.Add((agent.Process, (string)agent.Ask(ControlActor.MetricsCommand, Limit)!));
            }
            catch (SystemCallException gone) when (gone.Errno is Errno.ECONNREFUSED or Errno.ENOENT)
            {
                // The process only has the number of an agent that has ended.
            }
            catch (Exception failure) when (failure is PlatformException or JsonException)
            {
                _ = Fail(error, $"agent {agent.Process} does not answer: {failure.Message}");
                answers.Add((agent.Process, AgentMetrics.OfNobody()));
            }
        }

        if (answers.Count > 0)
            return answers;
        _ = Fail(error, "no agent runs here");
        return [(0, AgentMetrics.OfNobody())];
    }

    /// <remarks>What waits for the thaw would tell of a freeze that is over then.</remarks>
    private void Tell(string text, TextWriter output)
    {
        if (_path is null)
            output.Write(text);
        else if (!text.Split('\n').Any(AgentMetrics.SaysFrozen) || ReplacedFile.IsInMemory(_path))
            ReplacedFile.Write(_path, Encoding.UTF8.GetBytes(text));
    }
}
