using System.Text;
using Qga.Ctl.CommandLine;
using Qga.Ctl.Verbs;

namespace Qga.Ctl;

/// <summary>What <c>--help</c> prints.</summary>
internal static class HelpText
{
    internal static string OfTool(int width)
    {
        var text = new StringBuilder($"""
            Usage: {VerbContext.ToolName} VERB [OPTION...] ...
            Talks to the agents of guests, qga or QEMU's qemu-ga, from their host.

            Verbs:

            """);
        var column = VerbList.All.Max(verb => verb.Name.Length) + 4;
        foreach (var verb in VerbList.All)
            Append(text, $"  {verb.Name}", verb.Summary, column, width);
        text.Append($"""

            A GUEST is an address, as unix:PATH, vsock:CID:PORT, virsh:DOMAIN,
            virsh+URI:DOMAIN, qm:ID or exec:PROGRAM; the path of a socket; or a plain name:
            the number of a Proxmox machine, or a domain of libvirt.

            '{VerbContext.ToolName} VERB --help' tells of a verb, {VerbContext.ToolName}(1) of all.

            """);
        return text.ToString();
    }

    internal static string Of(IVerb verb, int width)
    {
        var text = new StringBuilder($"""
            Usage: {VerbContext.ToolName} {verb.Name} [OPTION...] {verb.Synopsis}
            {verb.Summary}

            {verb.Description}

            Options:

            """);
        Option[] options = [.. verb.Options, .. Option.Common];
        var heads = options.Select(Head).ToList();
        var column = Math.Min(heads.Max(head => head.Length) + 2, 30);
        foreach (var (head, option) in heads.Zip(options))
            Append(text, head, option.Description, column, width);
        return text.ToString();
    }

    private static string Head(Option option) =>
        $"  {(option.Short is { } letter ? $"-{letter}, " : "    ")}--{option.Name}{(option.Value is { } value ? $" {value}" : "")}";

    /// <summary>Puts a text beside its head, or below it where there is no room.</summary>
    private static void Append(StringBuilder text, string head, string description, int column, int width)
    {
        text.Append(head);
        var at = head.Length;
        if (at >= column)
        {
            text.Append('\n');
            at = 0;
        }

        var isFirst = true;
        foreach (var word in description.Split(' '))
        {
            if (!isFirst && at + 1 + word.Length >= width)
            {
                text.Append('\n');
                (at, isFirst) = (0, true);
            }

            text.Append(isFirst ? new string(' ', Math.Max(column - at, 0)) : " ").Append(word);
            at = (isFirst ? Math.Max(column, at) : at + 1) + word.Length;
            isFirst = false;
        }

        text.Append('\n');
    }
}
