using System.Globalization;

namespace Qga.Platform.Audit;

/// <summary>One record, as the journal and the file have it.</summary>
/// <param name="kind">What it tells of.</param>
/// <param name="text">The same for people, on one line.</param>
public sealed class AuditRecord(AuditKind kind, string text)
{
    /// <summary>What the members and the text don't count: the members that every record has.</summary>
    private const int OwnSize = 512;

    public AuditKind Kind => kind;

    public string Text => text;

    /// <summary>What it tells beside the members that every record has.</summary>
    public AuditMembers Members { get; } = new();

    /// <summary>Which record of its agent it is, from 1.</summary>
    public long Sequence { get; private set; }

    /// <summary>When, by the guest's clock, which somebody may have set.</summary>
    internal string Time { get; private set; } = "";

    /// <summary>When, in microseconds since the start of the guest, which nobody can set.</summary>
    internal long BootMicroseconds { get; private set; }

    /// <summary>About how much memory it takes.</summary>
    internal int Size => OwnSize + ((text.Length + Members.Length) * sizeof(char));

    /// <summary>Says when it was made, and which it is.</summary>
    internal AuditRecord Stamp(long sequence, DateTimeOffset time, TimeSpan sinceBoot)
    {
        Sequence = sequence;
        Time = time.UtcDateTime.ToString(AuditChain.TimeFormat, CultureInfo.InvariantCulture);
        BootMicroseconds = sinceBoot.Ticks / TimeSpan.TicksPerMicrosecond;
        return this;
    }
}
