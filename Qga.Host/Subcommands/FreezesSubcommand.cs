using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Qga.Actors.Freeze;
using Qga.Host.CommandLine;
using Qga.Host.Control;
using Qga.Platform;

namespace Qga.Host.Subcommands;

/// <summary><c>qga freezes</c>: what the last freezes were worth, by the agents of this guest, or by the file that they have left.</summary>
internal sealed class FreezesSubcommand : Subcommand
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    protected override string Help => """
        Usage: qga freezes [--json]
        Prints what is known of the last freezes, the oldest first: what was frozen from when to when, by whom it was thawed, and whether it was
        consistent. With --json as one JSON object on a line, for each freeze. Without an agent that runs it says what agents have left.
        Exit status: 0, or 2 if an agent does not answer.

        """;

    protected override bool TakesAgentOptions => false;

    protected override int Run(Func<StartupDecision.Serve> read, TextWriter output, TextWriter error)
    {
        if (!Environment.IsPrivilegedProcess)
            return Fail(error, "only root may ask what was frozen");
        if (Words.Count > 0)
            return Fail(error, $"freezes takes no '{Words[0]}'");

        var status = 0;
        var asked = new List<JObject>();
        foreach (var agent in Agents)
        {
            try
            {
                asked.AddRange(agent.Ask(ControlActor.FreezesCommand, Limit).Cast<JObject>());
            }
            catch (Exception failure) when (failure is PlatformException or JsonException or InvalidCastException)
            {
                status = Fail(error, $"agent {agent.Process} does not answer: {failure.Message}");
            }
        }

        if (Agents.Count == 0 || status != 0)
            asked.AddRange(FreezeLedger.RecordsOfOthers(FreezeLedger.SharedFile).Select(FreezesReport.Parse));
        foreach (var record in asked.DistinctBy(record => $"{record["id"]}").OrderBy(record => (long?)record["began"]?["boottime-ns"]))
        {
            if (IsJson)
                output.WriteLine(record.ToString(Formatting.None));
            else
                FreezesReport.Write(record, output);
        }

        return status;
    }
}
