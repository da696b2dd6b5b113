using System.Text;
using Newtonsoft.Json;
using Qga.Host.CommandLine;
using Qga.Host.Control;
using Qga.Host.Metrics;
using Qga.Platform;
using Qga.Platform.Files;

namespace Qga.Host.Subcommands;

/// <summary><c>qga metrics</c>: what is counted of the agent that runs, for Prometheus.</summary>
internal sealed class MetricsSubcommand : Subcommand
{
    private const string Output = "--output=";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private string? _path;

    protected override string Help => """
        Usage: qga metrics [--output=FILE]
        Prints what is counted of the agent that runs, in the text format of Prometheus. With --output it is written to FILE, at once and as a
        whole, as node_exporter's textfile collector wants it. Where no agent answers there is qga_up 0 alone.
        Exit status: 0, or 2 if no agent has answered, or FILE can't be written.

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
            return Fail(error, $"'{Words[0]}' belongs to no option");
        if (!Environment.IsPrivilegedProcess)
            return Fail(error, "only root may ask the agent");
        try
        {
            var text = Ask(error);
            Tell(text ?? AgentMetrics.OfNobody(), output);
            return text is null ? Trouble : 0;
        }
        catch (PlatformException failure)
        {
            return Fail(error, failure.Message);
        }
    }

    private string? Ask(TextWriter error)
    {
        if (Agents.Count != 1)
        {
            _ = Fail(error, Agents.Count == 0 ? "no agent runs here" : $"{Agents.Count} agents run here: whose metrics?");
            return null;
        }

        try
        {
            return (string?)Agents[0].Ask(ControlActor.MetricsCommand, Limit);
        }
        catch (Exception failure) when (failure is PlatformException or JsonException)
        {
            _ = Fail(error, $"agent {Agents[0].Process} does not answer: {failure.Message}");
            return null;
        }
    }

    private void Tell(string text, TextWriter output)
    {
        if (_path is { } path)
            ReplacedFile.Write(path, Encoding.UTF8.GetBytes(text));
        else
            output.Write(text);
    }
}
