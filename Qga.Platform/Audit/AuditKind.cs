namespace Qga.Platform.Audit;

/// <summary>What a record tells of.</summary>
/// <param name="Name">As the file has it.</param>
/// <param name="MessageId">As the journal finds it, 128 bits in hexadecimal. It never changes.</param>
public sealed record AuditKind(string Name, string MessageId)
{
    /// <summary>A request that changes something is about to be carried out: it may be the end of the agent, or of the guest.</summary>
    public static readonly AuditKind Begin = new("begin", "d3b8f0a6c5e14b7f9a2d61c08e4f7b35");

    /// <summary>A request, with what came of it.</summary>
    public static readonly AuditKind Request = new("request", "4d1b085e3c444bf0867410c4b5a76cde");

    /// <summary>The end of a program of guest-exec.</summary>
    public static readonly AuditKind ProgramEnd = new("program-end", "97f34675d96b4c689387045db69dffd2");

    /// <summary>A freeze that is over, with what it was worth.</summary>
    public static readonly AuditKind Freeze = new("freeze", "1675402f115440e98d016420d37e3eee");

    /// <summary>An agent begins.</summary>
    public static readonly AuditKind Start = new("start", "ad2ba362be2e47339ae4cb1e17f5388d");

    /// <summary>An agent ends. One that was killed leaves none.</summary>
    public static readonly AuditKind Stop = new("stop", "aa541a8823e34523b4bf2e902a62570e");

    /// <summary>The settings and the rules of the policy were read anew.</summary>
    public static readonly AuditKind Reload = new("reload", "8ed40fc083a34fc9b39f6d164fc1f766");

    /// <summary>So many records were lost, of which this has the number of the first.</summary>
    public static readonly AuditKind Lost = new("lost", "50ff5e353ace4b3ca5ef5f132cdc425f");
}
