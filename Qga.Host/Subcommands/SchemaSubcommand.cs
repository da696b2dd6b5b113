using Qga.Host.CommandLine;
using Qga.Host.Schema;

namespace Qga.Host.Subcommands;

/// <summary><c>qga schema</c>: what each command takes and returns, as JSON Schema. It asks no agent and needs no rights.</summary>
internal sealed class SchemaSubcommand : Subcommand
{
    protected override string Help => """
        Usage: qga schema [COMMAND]
        Prints what each command takes and returns, or what COMMAND does, as JSON Schema 2020-12.
        Exit status: 0, or 2 if there is no such command.

        """;

    protected override bool TakesAgentOptions => false;

    protected override int Run(Func<StartupDecision.Serve> read, TextWriter output, TextWriter error)
    {
        if (Words.Count > 1)
            return Fail(error, $"'{Words[1]}' is one command too many");
        if ((Words is [var name] ? ProtocolSchema.JsonOf(name) : ProtocolSchema.Json) is not { } schema)
            return Fail(error, $"there is no command '{Words[0]}'");
        output.WriteLine(schema);
        return 0;
    }
}
