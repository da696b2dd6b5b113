using CsCheck;
using Qga.Testing;

namespace Qga.Host.Tests.Wire;

/// <summary>Whatever the requests, well formed or not, the real qemu-ga and the published agent give the same answers.</summary>
[Trait("Speed", "Slow")]
public sealed class PeerMutationTests : IDisposable
{
    private const char Handle = '\uE001';

    // The real one's descriptors run out when nobody closes what malformed requests opened.
    private const int SamplesOfOneDuel = 400;

    private static readonly Gen<string> Handles = Gen.Frequency((8, Gen.Const($"{Handle}")), (1, Gen.OneOf("1", "-1", "0", "1000")), (1, Odd()));

    private static readonly Gen<string> Counts = Gen.Frequency(
        (6, Gen.OneOf("0", "1", "2", "3", "5", "7", "100", "4096")),
        (2, Gen.OneOf("-1", "50331649", "9223372036854775807", "9223372036854775808")),
        (1, Odd()));

    private static readonly Gen<string> Offsets = Gen.Frequency(
        (6, Gen.Int[-20, 20].Select(offset => $"{offset}")),
        (1, Gen.OneOf("9223372036854775807", "-9223372036854775808", "1e2")),
        (1, Odd()));

    private static readonly Gen<string> Whences = Gen.Frequency(
        (6, Gen.OneOf("\"set\"", "\"cur\"", "\"end\"", "0", "1", "2")),
        (2, Gen.OneOf("3", "-1", "\"SET\"", "\"\"", "1.0", "18446744073709551615")),
        (1, Odd()));

    private static readonly Gen<string> Contents = Gen.Frequency(
        (6, Gen.Byte.Array[0, 20].Select(bytes => $"\"{Convert.ToBase64String(bytes)}\"")),
        (2, Gen.Char["YQW=+/\n_ "].Array[0, 9].Select(text => $"\"{new string(text).Replace("\n", "\\n", StringComparison.Ordinal)}\"")),
        (1, Odd()));

    private static readonly Gen<string> Modes = Gen.Frequency(
        (8, Gen.OneOf("\"r\"", "\"w\"", "\"a\"", "\"r+\"", "\"w+\"", "\"a+\"", "\"rb\"", "\"w+b\"")),
        (1, Gen.OneOf("\"\"", "\"x\"", "\"rw\"")),
        (1, Odd()));

    private static readonly Gen<string> Paths = Gen.Frequency(
        (6, Gen.OneOf($"\"{Duel.Scratch}/new\"", $"\"{Duel.Scratch}\"", $"\"{Duel.Scratch}/none/x\"", $"\"{Duel.Scratch}/\xC3\xA9\"", "\"\"")),
        (1, Odd()));

    private static readonly Gen<string> Requests = Gen.Frequency(
        (1, Request("guest-ping")),
        (1, Request("guest-info")),
        (1, Request("guest-sync", ("id", Gen.Frequency((3, Gen.Long.Select(id => $"{id}")), (1, Odd()))))),
        (1, Request("guest-sync-delimited", ("id", Gen.Frequency((3, Gen.Long.Select(id => $"{id}")), (1, Odd()))))),
        (1, Request("guest-file-open", ("path", Paths), ("mode", Modes))),
        (1, Request("guest-file-close", ("handle", Handles))),
        (4, Request("guest-file-read", ("handle", Handles), ("count", Counts))),
        (4, Request("guest-file-write", ("handle", Handles), ("buf-b64", Contents), ("count", Counts))),
        (4, Request("guest-file-seek", ("handle", Handles), ("offset", Offsets), ("whence", Whences))),
        (1, Request("guest-file-flush", ("handle", Handles))));

    private static readonly Gen<string> Insertions = Gen.Frequency(
        (6, Gen.OneOf("{", "}", "[", "]", ",", ":", "\"", "'", "\\", "\n", "\t", " ", "\0", "\x7F")),
        (2, Gen.OneOf("\xFF", "\xFE", "\x80", "\xC3", "\\u", "\\ud800")),
        (2, Gen.OneOf("0", "1", "-", "+", ".", "e", "E5", "1.", "null", "true", "[]", "{}")),
        (1, Gen.Byte.Select(value => $"{(char)value}")));

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

    private static readonly Gen<string> FileModes = Gen.OneOf("r", "w", "a", "r+", "w+", "a+");

    private Duel? _duel;
    private int _samples;

    public void Dispose() => _duel?.Dispose();

    [PeerFact]
    public void Commands_on_a_file() => Compare(Requests.Array[1, 12].Select(string.Concat), iterations: 3_000);

    [PeerFact]
    public void Mutated_requests() => Compare(
        Gen.Select(Requests.Array[1, 4], Mutations.Array[1, 4], (requests, mutations) =>
            mutations.Aggregate(string.Concat(requests), (text, mutate) => mutate(text))),
        iterations: 10_000);

    private static Gen<string> Odd() => Gen.OneOf(
        "null", "true", "1.5", "1.0", "1e400", "\"\"", "\"x\"", "[]", "{}", "[1]", "{\"a\":null}", "18446744073709551615", "18446744073709551616",
        "-0");

    /// <summary>A request with most of the arguments, now and then one more, in any order.</summary>
    private static Gen<string> Request(string command, params (string Name, Gen<string> Value)[] arguments)
    {
        var members = arguments.Select(argument => Gen.Select(argument.Value, Gen.Int[0, 15], (value, luck) =>
            luck == 0 ? "" : $"\"{argument.Name}\":{value}"));
        var more = Gen.Frequency((15, Gen.Const("")), (1, Odd().Select(value => $"\"more\":{value}")));
        var id = Gen.Frequency((8, Gen.Const("")), (1, Odd().Select(value => $",\"id\":{value}")));
        return Gen.Select(members.Append(more).Aggregate(
            Gen.Const(""),
            (text, member) => Gen.Select(text, member, (left, right) => (left, right) switch
            {
                ("", _) => right,
                (_, "") => left,
                _ => $"{left},{right}",
            })), id, (given, id) => $"{{\"execute\":\"{command}\",\"arguments\":{{{given}}}{id}}}");
    }

    private static string Print(string text) => string.Concat(text.Select(value => value switch
    {
        Handle => "(handle)",
        Duel.Scratch => "(scratch)",
        >= ' ' and <= '~' => $"{value}",
        _ => $"\\x{(int)value:X2}",
    }));

    private void Compare(Gen<string> texts, long iterations) => Gen.Select(FileModes, texts).Sample(
        (mode, text) => Compare(mode, text),
        iter: iterations,
        threads: 1,         // one stream
        print: input => $"{Print(input.Item2)} on a file of mode {input.Item1}");

    /// <summary>Compares the answers to a text about a file of some content that is open in that mode.</summary>
    private void Compare(string mode, string text)
    {
        if (_duel is null || ++_samples % SamplesOfOneDuel == 0)
        {
            _duel?.Dispose();
            _duel = new Duel();
        }

        try
        {
            foreach (var directory in _duel.ScratchDirectories)
                File.WriteAllText(Path.Combine(directory, "file"), "0123456789");
            var handle = (long)Qmp.Return(_duel.AssertSame(Qmp.Open($"{Duel.Scratch}/file", mode))[0]);
            _duel.AssertSame($"{text.Replace($"{Handle}", $"{handle}", StringComparison.Ordinal)}\xFF\n{Qmp.Close(handle)}");

            // What is buffered is in the file now.
            var contents = _duel.ScratchDirectories.Select(directory => File.ReadAllBytes(Path.Combine(directory, "file"))).ToArray();
            Assert.Equal(contents[0], contents[1]);
        }
        catch
        {
            // The two may be out of step from here on.
            _duel.Dispose();
            _duel = null;
            throw;
        }
    }
}
