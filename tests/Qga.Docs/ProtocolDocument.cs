using System.Globalization;
using System.Text;
using Qga.Actors.Commands;
using Qga.Actors.Schema;

namespace Qga.Docs;

/// <summary>The commands for people: by domain, a section each.</summary>
internal sealed class ProtocolDocument
{
    private const string Introduction = """
        # The protocol

        *Made by `make docs` from the code; a test holds it to that. [schema/qga.schema.json](../schema/qga.schema.json) says the same for
        programs, and `qga schema COMMAND` for whoever has only the agent.*

        A request is a JSON object on a line, its answer another:

            {"execute": "guest-file-read", "arguments": {"handle": 1000}, "id": 1}
            {"return": {"count": 3, "buf-b64": "YWJj", "eof": true}, "id": 1}

        `arguments` and `id` may be left out. An error has a class and a description:

            {"error": {"class": "GenericError", "desc": "handle '1000' has not been found"}}

        The class `CommandNotFound` means that this agent can't, or not now: an unknown command, one that the guest's administrator has disabled,
        or one that has to wait for the thaw. Everything else is `GenericError`. Arguments that are missing, of the wrong type, or unknown are
        errors by name, and nothing is done. Requests of one connection are answered in their order. Where ours differs from qemu-ga in more than
        a command, [differences.md](differences.md) has it, and [freeze.md](freeze.md) what a freeze does.

        Types: `int` has 64 bits with a sign, `uint64` none; `base64` is a string that holds bytes, with the standard alphabet; `time` a string as
        RFC 3339 has it. What is marked `?` may be left out.


        """;

    /// <summary>How much of a recorded line is shown.</summary>
    private const int LongestLine = 600;

    private readonly StringBuilder _text = new(Introduction.ReplaceLineEndings("\n"));
    private readonly HashSet<string> _told = [];

    private ProtocolDocument()
    {
    }

    public static string Text(IReadOnlyList<CommandSchema> commands)
    {
        var document = new ProtocolDocument();
        document.Write(commands);
        return document._text.ToString().TrimEnd('\n') + "\n";
    }

    private void Write(IReadOnlyList<CommandSchema> commands)
    {
        IReadOnlyList<IGrouping<string, CommandSchema>> domains = [.. commands.GroupBy(command => command.Domain)];
        Line("## Contents");
        Line();
        Line("| domain | commands |");
        Line("| --- | --- |");
        foreach (var domain in domains)
            Line($"| [{domain.Key}](#{Anchor(domain.Key)}) | {string.Join(", ", domain.Select(command => $"[{command.Name}](#{command.Name})"))} |");
        foreach (var domain in domains)
        {
            Line();
            Line($"## {domain.Key}");
            foreach (var command in domain)
                Write(command);
        }
    }

    private void Write(CommandSchema command)
    {
        var description = command.Description;
        Line();
        Line($"### {command.Name}");
        Line(description.Summary);
        Line();
        Line(string.Join("; ", FactsOf(command)) + ".");
        WriteMembers("Arguments", command.Arguments);
        Line();
        Line($"Returns {NameOf(description.Result)}.");
        foreach (var type in TypesOf(description.Result).Concat(command.Arguments.SelectMany(member => TypesOf(member.Type))))
            WriteType(type);
        if (description.Errors.Count > 0)
        {
            Line();
            Line("| error | when |");
            Line("| --- | --- |");
            foreach (var error in description.Errors)
                Line($"| `{error.Text}` | {Cell(error.When)} |");
        }

        foreach (var note in description.Notes)
        {
            Line();
            Line(note);
        }

        WriteExchange(command);
    }

    private static IEnumerable<string> FactsOf(CommandSchema command)
    {
        yield return command.Description.Since is { } since ? $"Since qemu-ga {since}" : "**Ours**: qemu-ga does not know it";
        yield return command.IsFrozenSafe ? "answered while the guest is frozen" : "refused while the guest is frozen";
        if (!command.HasSuccessResponse)
            yield return "success is not answered";
        if (command.Deadline is { } deadline)
            yield return $"fails after {deadline.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s";
        yield return command.Description.Changes is { } changes ? $"changes: {changes}" : "changes nothing";
    }

    private void WriteMembers(string title, IReadOnlyList<SchemaMember> members)
    {
        if (members.Count == 0)
            return;
        Line();
        Line($"| {title} | type | meaning |");
        Line("| --- | --- | --- |");
        foreach (var member in members)
            Line($"| `{member.Name}`{(member.IsOptional ? " ?" : "")} | {NameOf(member.Type)} | {Cell(MeaningOf(member))} |");
    }

    private static string MeaningOf(SchemaMember member)
    {
        List<string> parts = [member.IsOurs ? $"**ours**: {member.Meaning}" : member.Meaning];
        if (member.Unit is { } unit)
            parts.Add($"in {unit}");
        if (member.Minimum is { } minimum)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"at least {minimum}"));
        if (member.Maximum is { } maximum)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"at most {maximum}"));
        if (member.Default is { } value)
            parts.Add($"default `{Convert.ToString(value, CultureInfo.InvariantCulture)!.ToLowerInvariant()}`");
        return string.Join("; ", parts);
    }

    private void WriteType(SchemaType type)
    {
        switch (type)
        {
            case SchemaType.Structure { Members.Count: > 0 } structure when _told.Add(structure.Name):
                Line();
                Line($"**{structure.Name}**: {structure.Meaning}");
                WriteMembers("Member", structure.Members);
                foreach (var inner in structure.Members.SelectMany(member => TypesOf(member.Type)))
                    WriteType(inner);
                break;
            case SchemaType.Structure { Members.Count: > 0 } structure:
                Line();
                Line($"**{structure.Name}** is as above.");
                break;
        }
    }

    /// <summary>The structures that a type is made of.</summary>
    private static IEnumerable<SchemaType> TypesOf(SchemaType type) => type switch
    {
        SchemaType.Structure => [type],
        SchemaType.List { Element: var element } => TypesOf(element),
        _ => [],
    };

    private static string NameOf(SchemaType type) => type switch
    {
        SchemaType.Scalar { Kind: SchemaType.ScalarKind.Integer } => "int",
        SchemaType.Scalar { Kind: SchemaType.ScalarKind.UnsignedInteger or SchemaType.ScalarKind.AnyInteger } => "uint64",
        SchemaType.Scalar { Kind: SchemaType.ScalarKind.Number } => "number",
        SchemaType.Scalar { Kind: SchemaType.ScalarKind.Boolean } => "bool",
        SchemaType.Scalar { Kind: SchemaType.ScalarKind.Text } => "string",
        SchemaType.Scalar { Kind: SchemaType.ScalarKind.Base64 } => "base64",
        SchemaType.Scalar => "time",
        SchemaType.List list => $"list of {NameOf(list.Element)}",
        SchemaType.Words words => string.Join(" \\| ", words.Values.Select(word => $"`{word}`")),
        SchemaType.Alternate alternate => string.Join(" or ", alternate.Types.Select(NameOf)),
        SchemaType.Structure { Members.Count: 0 } => "nothing: `{}`",
        SchemaType.Structure structure => structure.Name,
        _ => throw new InvalidOperationException($"unknown type {type}"),
    };

    private void WriteExchange(CommandSchema command)
    {
        if (Exchange.Of(command.Name) is not { } exchange)
            return;
        Line();
        Line($"    {Shortened(exchange.Request)}");
        if (exchange.Answer is { } answer)
            Line($"    {Shortened(answer)}");
    }

    private static string Shortened(string line) => line.Length > LongestLine ? $"{line[..LongestLine]} ..." : line;

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static string Anchor(string heading) => heading.ToLowerInvariant();

    private void Line(string text = "") => _text.Append(text).Append('\n');
}
