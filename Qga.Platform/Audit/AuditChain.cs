using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Qga.Platform.Proc;

namespace Qga.Platform.Audit;

/// <summary>
/// A line of the audit file: an object in JSON whose first member is the hash of the line before it, and whose last is its own, of all that
/// is before that member.
/// </summary>
internal static class AuditChain
{
    internal const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    /// <summary>In the place of the hash before the very first record.</summary>
    internal static readonly string Origin = new('0', HashLength);

    private const int HashLength = 64;
    private const int UsualSize = 512;
    private const string OwnHash = ",\"hash\":\"";

    private static readonly string OwnProcess = $"\"agent-pid\":{Environment.ProcessId},\"kind\":\"";
    private static readonly string OwnBoot = $"\"boot-id\":\"{KernelFile.TryRead("/proc/sys/kernel/random/boot_id")}\",\"boot-us\":";

    private static ReadOnlySpan<byte> Head => "{\"prev\":\""u8;

    /// <summary>What of a record's line does not depend on the line before: its members, without the two hashes.</summary>
    internal static byte[] BodyOf(AuditRecord record)
    {
        var json = new ArrayBufferWriter<byte>(UsualSize);
        var stamp = record.Stamp!;
        Encoding.ASCII.GetBytes(
            string.Create(
                CultureInfo.InvariantCulture,
                $"\"seq\":{stamp.Sequence},\"time\":\"{stamp.Time}\",{OwnBoot}{stamp.BootMicroseconds},{OwnProcess}{record.Kind.Name}\""),
            json);
        record.Members.AppendTo(json);
        return json.WrittenSpan.ToArray();
    }

    /// <summary>Adds the line of a record, with its line feed.</summary>
    /// <param name="lines">Gets it.</param>
    /// <param name="body">What <see cref="BodyOf"/> gives.</param>
    /// <param name="previous">The hash of the line before.</param>
    /// <returns>Its own.</returns>
    internal static string AppendLine(ArrayBufferWriter<byte> lines, ReadOnlySpan<byte> body, string previous)
    {
        var start = lines.WrittenCount;
        lines.Write(Head);
        Encoding.ASCII.GetBytes(previous, lines);
        lines.Write("\","u8);
        lines.Write(body);
        var hash = Sha256.HexOf(lines.WrittenSpan[start..]);
        lines.Write(",\"hash\":\""u8);
        Encoding.ASCII.GetBytes(hash, lines);
        lines.Write("\"}\n"u8);
        return hash;
    }

    /// <summary>Whether a line is that of a record.</summary>
    /// <param name="line">Without its line feed.</param>
    /// <param name="body">What <see cref="BodyOf"/> gives.</param>
    internal static bool IsLineOf(ReadOnlySpan<byte> line, ReadOnlySpan<byte> body)
    {
        var start = Head.Length + HashLength + 2;
        return line.Length == start + body.Length + SizeOfOwnHash(line) && line.Slice(start, body.Length).SequenceEqual(body);
    }

    /// <summary>The hash that the line after this one has to name. Of what is no whole record, all of it counts.</summary>
    /// <param name="line">Without its line feed.</param>
    internal static string HashOf(ReadOnlySpan<byte> line) => Sha256.HexOf(line[..^SizeOfOwnHash(line)]);

    /// <summary>Reads what the chain is made of.</summary>
    /// <param name="line">Without its line feed.</param>
    /// <returns>Null if it is no whole record.</returns>
    internal static AuditLink? Parse(ReadOnlySpan<byte> line)
    {
        var rest = line;
        return TryTakeText(ref rest, Head, out var previous) && previous.Length == HashLength
            && TryTakeNumber(ref rest, ",\"seq\":"u8, out var sequence)
            && TryTakeText(ref rest, ",\"time\":\""u8, out var text)
            && DateTime.TryParseExact(text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var time)
            && TryTakeText(ref rest, ",\"boot-id\":\""u8, out var boot)
            && TryTakeNumber(ref rest, ",\"boot-us\":"u8, out var sinceBoot)
            && TryTakeNumber(ref rest, ",\"agent-pid\":"u8, out var agent)
            && TryTakeText(ref rest, ",\"kind\":\""u8, out var kind)
            && (!TryTakeNumber(ref rest, ",\"lost\":"u8, out var lost) || lost > 0)
            && SizeOfOwnHash(line) is > 0 and var size
            ? new AuditLink(previous, Encoding.Latin1.GetString(line[^(HashLength + 2)..^2]), Sha256.HexOf(line[..^size]), sequence, kind)
            {
                Time = time,
                Boot = boot,
                SinceBoot = TimeSpan.FromMicroseconds(sinceBoot),
                Agent = agent,
                Next = sequence + Math.Max(1, lost),
            }
            : null;
    }

    private static int SizeOfOwnHash(ReadOnlySpan<byte> line)
    {
        var size = OwnHash.Length + HashLength + 2;
        return line.Length > size && line[^size..].StartsWith(",\"hash\":\""u8) && line.EndsWith("\"}"u8) ? size : 0;
    }

    private static bool TryTakeText(ref ReadOnlySpan<byte> rest, ReadOnlySpan<byte> before, out string text)
    {
        text = "";
        if (!rest.StartsWith(before) || rest[before.Length..].IndexOf((byte)'"') is var end && end < 0)
            return false;
        text = Encoding.Latin1.GetString(rest.Slice(before.Length, end));
        rest = rest[(before.Length + end + 1)..];
        return true;
    }

    private static bool TryTakeNumber(ref ReadOnlySpan<byte> rest, ReadOnlySpan<byte> before, out long number)
    {
        number = 0;
        if (!rest.StartsWith(before) || !Utf8Parser.TryParse(rest[before.Length..], out number, out var size))
            return false;
        rest = rest[(before.Length + size)..];
        return true;
    }
}

/// <summary>What the chain knows of a record.</summary>
/// <param name="Previous">The hash of the record before it, as it says.</param>
/// <param name="Claimed">Its own, as it says.</param>
/// <param name="Hash">Its own, as it is.</param>
/// <param name="Sequence">Which record of its agent it is.</param>
/// <param name="Kind">What it tells of.</param>
internal sealed record AuditLink(string Previous, string Claimed, string Hash, long Sequence, string Kind)
{
    internal required DateTime Time { get; init; }

    internal required string Boot { get; init; }

    internal required TimeSpan SinceBoot { get; init; }

    internal required long Agent { get; init; }

    /// <summary>The number of the next record of that agent.</summary>
    internal required long Next { get; init; }

    /// <summary>Whether it is as it was written.</summary>
    internal bool IsIntact => Claimed == Hash;

    internal bool IsOfSameAgentAs(AuditLink other) => (Boot, Agent) == (other.Boot, other.Agent);
}
