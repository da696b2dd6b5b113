using System.Globalization;
using System.Text;
using CsCheck;
using Qga.Testing;

namespace Qga.Transport.Tests.Framing;

/// <summary>Whatever the bytes, the real qemu-ga and ours make the same messages of them.</summary>
public sealed class PeerComparisonTests : IDisposable
{
    private const int MaxBytes = 64 << 20;

    // The peer acts on this machine: the commands named here do nothing, and three changes make no other that would.
    private static readonly Gen<string> Requests = Gen.OneOf(
        """{"execute":"guest-ping"}""",
        """{"execute":"guest-ping","id":[1,-2.5e3,true,null,{"a":"\u00e9\ud83d\ude00\n"}]}""",
        """{'execute': 'guest-ping', 'id': 'it\'s "q"'}""",
        """{"execute":"guest-sync","arguments":{"id":123}} """,
        "{\"execute\":\"guest-sync\",\n \"arguments\":{\"id\":-1},\r\n\t\"id\":\"\xC3\xA9\xF0\x9F\x98\x80\"}\n",
        """{"execute":"guest-sync-delimited","arguments":{"id":9223372036854775807}}""",
        """{"execute":"guest-info","id":18446744073709551615}""",
        """{"execute":"nope","arguments":{"a":{},"b":[]},"id":0.1}""",
        """[[], {}, "x", -0, 1E5]""",
        "true false 12 'a' ");

    private static readonly Gen<string> Scalars = Gen.OneOf(
        Gen.Long.Select(value => value.ToString(CultureInfo.InvariantCulture)),
        Gen.ULong.Select(value => value.ToString(CultureInfo.InvariantCulture)),
        Gen.Double.Select(value => value.ToString("R", CultureInfo.InvariantCulture).ToLowerInvariant()),
        Gen.Select(Gen.String[Gen.Char["0123456789.eE+-"], 1, 25], number => number),
        Gen.OneOf("true", "false", "null", "-0", "-0.0", "1e400", "01", "nul"),
        Strings());

    private static readonly Gen<string> Values = Gen.Recursive<string>((depth, value) => depth > 4 ? Scalars : Gen.Frequency(
        (4, Scalars),
        (1, value.Array[0, 4].Select(elements => $"[{string.Join(", ", elements)}]")),
        (1, Gen.Select(Strings(), value).Array[0, 4].Select(
            members => $"{{{string.Join(",", members.Select(member => $"{member.Item1}: {member.Item2}"))}}}"))));

    private static readonly Gen<string> Insertions = Gen.Frequency(
        (6, Gen.OneOf("{", "}", "[", "]", ",", ":", "\"", "'", "\\", "\n", "\t", " ", "\0", "\x7F")),
        (3, Gen.OneOf("\xFF", "\xFE", "\xFF\xFF", "\x80", "\xC3", "\xE2\x82", "\xC0\x80", "\\u", "\\ud800", "\\udc00")),
        (2, Gen.OneOf("0", "1", "-", "+", ".", "e", "E5", "T", "01", "1.", "tru", "null")),
        (1, Gen.Byte.Select(value => ((char)value).ToString())));

    private static readonly Gen<Func<string, string>> Mutations = Gen.Select(
        Gen.Int[0, 4], Gen.Int[0, 1 << 20], Gen.Int[1, 30], Insertions, Gen.Byte,
        (kind, place, length, insertion, value) => new Func<string, string>(text =>
        {
            var at = place % (text.Length + 1);
            var end = Math.Min(text.Length, at + length);
            return kind switch
            {
                0 => text.Insert(at, insertion),
                1 => text.Remove(at, end - at),
                2 => text.Insert(at, text[at..end]),
                3 => text[..at],
                _ => at < text.Length ? $"{text[..at]}{(char)value}{text[(at + 1)..]}" : text,
            };
        }));

    private static readonly Gen<int> PieceLengths =
        Gen.Frequency((1, Gen.Const(1)), (1, Gen.Int[2, 40]), (1, Gen.Const(int.MaxValue)));

    private PeerComparison? _comparison;

    [PeerFact]
    public void Mutated_requests() => Compare(
        Gen.Select(Requests.Array[1, 3], Mutations.Array[0, 3], (requests, mutations) =>
            mutations.Aggregate(string.Concat(requests), (text, mutate) => mutate(text))),
        iterations: 40_000);

    [PeerFact]
    public void Values_as_ids() => Compare(
        Values.Select(value => $"{{\"execute\":\"guest-ping\",\"id\":{value}}}"),
        iterations: 4_000);

    [PeerFact]
    public void Strings_as_ids() => Compare(
        Strings().Select(value => $"{{\"execute\":\"guest-ping\",\"id\":{value}}}"),
        iterations: 4_000);

    [Trait("Speed", "Slow")]
    [PeerFact]
    public void Tokens_in_any_order() => Compare(
        Gen.OneOf(
            "{", "}", "[", "]", ",", ":", "\"a\"", "'b'", "1", "-2.5", "true", "x", " ", "\n", "\xFF", "T", "\"\\x\"", "{\"c\":")
            .Array[1, 20].Select(string.Concat),
        iterations: 6_000);

    [PeerFact]
    public void Long_quotations()
    {
        foreach (var length in new[] { 1000, 1004, 1005, 1006, 1007, 1008, 1014, 1015, 1016, 1023, 1024, 5000 })
        {
            Compare(new string('k', length));
            Compare("\"" + new string('s', length) + "\x01");
            Compare("\"" + string.Concat(Enumerable.Repeat("\xE2\x82\xAC", length / 3)) + "\x01");
        }
    }

    [Trait("Speed", "Slow")]
    [PeerFact]
    public void Limits()
    {
        var tokens = new StringBuilder("[").Insert(1, "0,", (1 << 20) - 1).ToString();
        foreach (var end in new[] { "0]", "0 0]", "]", ",", "}", "0}", "0T]", "T]", "0\xFF]", "0[[]]]", "0,0]" })
            Compare(tokens + end);
        foreach (var depth in new[] { 1023, 1024, 1025 })
        {
            foreach (var middle in new[] { "", "1", "{", "1 [", "T", "\xFF", "{}" })
                Compare(new string('[', depth) + middle + new string(']', depth));
        }

        foreach (var length in new[] { -3, -2 })
            Compare($"[{Letters(length)} 1]");
        foreach (var length in new[] { -1, 0, 3 })
            Compare($" {Letters(length)} ]");
        foreach (var length in new[] { -1, 0 })
            Compare($"{Letters(length)[..^1]}\x01]");
        foreach (var length in new[] { 0, 3 })
            Compare($"{Letters(length)[1..^1]}] ");

        static string Letters(int lengthPastLimit) => $"\"{new string('a', MaxBytes + lengthPastLimit - 2)}\"";
    }

    public void Dispose() => _comparison?.Dispose();

    /// <summary>String tokens with every kind of content, right and wrong.</summary>
    private static Gen<string> Strings()
    {
        var parts = Gen.Frequency(
            (6, Gen.Char[' ', '~'].Where(value => value is not ('"' or '\\' or '\'')).Select(value => value.ToString())),
            (4, Gen.Int[0, 0x10FFFF].Where(value => value is < 0xD800 or > 0xDFFF).Select(Utf8)),
            (2, Gen.Int[0, 0xFFFF].Select(value => $"\\u{value:x4}")),
            (2, Gen.Select(Gen.Int[0xD800, 0xDBFF], Gen.Int[0xDC00, 0xDFFF], (high, low) => $"\\u{high:X4}\\u{low:x4}")),
            (2, Gen.OneOf("\\n", "\\\"", "\\'", "\\/", "\\\\", "\\b", "\\t", "\xC0\x80", "\x7F")),
            (1, Gen.Byte.Array[1, 4].Select(Encoding.Latin1.GetString)));
        return Gen.Select(Gen.OneOf('"', '\''), parts.Array[0, 5], (quote, content) => $"{quote}{string.Concat(content)}{quote}");
    }

    private static string Utf8(int codePoint) =>
        Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(char.ConvertFromUtf32(codePoint)));

    private static string Print(string text) => string.Concat(text.Select(value =>
        value is >= ' ' and <= '~' ? value.ToString() : $"\\x{(int)value:X2}"));

    private void Compare(Gen<string> texts, long iterations) => Gen.Select(texts, PieceLengths).Sample(
        (text, pieceLength) => Compare(text, pieceLength),
        iter: iterations,
        threads: 1,         // one stream
        print: input => $"{Print(input.Item1)} in pieces of {input.Item2}");

    private void Compare(string text, int pieceLength = 4096)
    {
        _comparison ??= new PeerComparison();
        try
        {
            _comparison.AssertSame(Feed.Bytes(text), pieceLength);
        }
        catch
        {
            // The two may be out of step from here on.
            _comparison.Dispose();
            _comparison = null;
            throw;
        }
    }
}
