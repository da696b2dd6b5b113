namespace Qga.Ctl.CommandLine;

/// <summary>An option of a verb.</summary>
/// <param name="Name">Its long name, without dashes.</param>
/// <param name="Description">What it does, for the help.</param>
/// <param name="Short">Its letter.</param>
/// <param name="Value">What its value is called in the help, as <c>SECONDS</c>; null for a switch.</param>
internal sealed record Option(string Name, string Description, char? Short = null, string? Value = null)
{
    /// <summary>What every verb has.</summary>
    internal static readonly IReadOnlyList<Option> Common =
    [
        new("json", "Print JSON, for programs."),
        new("timeout", "How long a request may take; 60, for ls and watch 5, for freeze 10 (and only before it freezes).", 't', "SECONDS"),
        new("connect", "Where plain names are domains of libvirt, as virsh(1) takes it.", 'c', "URI"),
        new("help", "Print this.", 'h'),
    ];
}
