using Qga.Actors;
using Qga.Actors.Commands;
using Qga.Host.CommandLine;
using Qga.Platform.Diagnosis;

namespace Qga.Host.Check;

/// <summary>How much the lists leave to the host: that an empty allow list allows everything is not what everybody expects.</summary>
internal static class CommandsCheck
{
    private const string Subject = "commands";

    internal static IEnumerable<Finding> Run(AgentOptions options)
    {
        var filter = new CommandFilter(options.AllowRpcs, options.BlockRpcs);
        var all = GuestCommands.Catalog.All;
        var allowed = $"{all.Count(spec => filter.Allows(spec, isFrozen: false))} of {all.Count} commands are allowed";
        yield return options.AllowRpcs.Count > 0
            ? new Finding(Severity.Ok, Subject, allowed)
            : new Finding(Severity.Ok, Subject, $"{allowed}: allow-rpcs is empty, which allows all but those of block-rpcs");
    }
}
