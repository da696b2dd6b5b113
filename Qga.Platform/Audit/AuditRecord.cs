using System.Globalization;

namespace Qga.Platform.Audit;

/// <summary>One record, as the journal and the file have it.</summary>
/// <param name="kind">What it tells of.</param>
/// <param name="text">Makes the same for people, on one line; only the journal wants it.</param>
public sealed class AuditRecord(AuditKind kind, Func<string> text)
{
    /// <param name="kind">What it tells of.</param>
    /// <param name="text">The same for people, on one line.</param>
    public AuditRecord(AuditKind kind, string text)
        : this(kind, () => text)
    {
    }

    public AuditKind Kind => kind;

    public string Text => text();

    /// <summary>What it tells beside the members that every record has.</summary>
    public AuditMembers Members { get; } = new();

    /// <summary>Which record of its agent it is, from 1; 0 as long as it is not recorded.</summary>
    public long Sequence => Stamp?.Sequence ?? 0;

    /// <summary>Null as long as it is not recorded.</summary>
    internal AuditStamp? Stamp { get; set; }
}

/// <summary>Which record of its agent it is, and when it was made.</summary>
/// <param name="Sequence">Which, from 1.</param>
/// <param name="Time">When, by the guest's clock, which somebody may have set.</param>
/// <param name="BootMicroseconds">When, in microseconds since the start of the guest, which nobody can set.</param>
internal sealed record AuditStamp(long Sequence, string Time, long BootMicroseconds)
{
    internal static AuditStamp Of(long sequence, DateTimeOffset time, TimeSpan sinceBoot) => new(
        sequence,
        time.UtcDateTime.ToString(AuditChain.TimeFormat, CultureInfo.InvariantCulture),
        sinceBoot.Ticks / TimeSpan.TicksPerMicrosecond);
}

/// <summary>A record in the bytes that a place has of it.</summary>
/// <param name="Stamp">Which it is; null if an agent before this one has recorded it.</param>
/// <param name="Bytes">What is written.</param>
internal sealed record AuditEntry(AuditStamp? Stamp, byte[] Bytes);
