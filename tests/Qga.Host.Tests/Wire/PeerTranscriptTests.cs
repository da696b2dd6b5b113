using System.Text;
using Qga.Testing;

namespace Qga.Host.Tests.Wire;

/// <summary>The same requests for the real qemu-ga and for the published agent: same answers.</summary>
public sealed class PeerTranscriptTests : IDisposable
{
    private readonly Duel _duel = new();

    public void Dispose() => _duel.Dispose();

    [PeerFact]
    public void Recorded_requests_have_the_same_answers()
    {
        foreach (var transcript in Transcript.Load("wire").Values.Concat(Transcript.Load("file").Values))
            _duel.AssertSame(Encoding.Latin1.GetString(transcript.Send).Replace("{DIR}", $"{Duel.Scratch}", StringComparison.Ordinal));
    }

    [PeerFact]
    public void Requests_are_checked_in_the_same_order_with_the_same_words()
    {
        string[] requests =
        [
            // The request itself.
            "{}", "[]", "[{\"execute\":\"guest-ping\"}]", "\"guest-ping\"", "null", "-1", "1.5", "{\"id\":{}}", "{\"id\":[1,{}]}",
            "{\"execute\":\"\"}", "{\"execute\":\"\",\"id\":\"\"}", "{\"execute\":[]}", "{\"execute\":{},\"id\":1}", "{\"execute\":true}",
            "{\"execute\":\"guest-ping\",\"arguments\":\"\"}", "{\"execute\":\"guest-ping\",\"arguments\":1}",
            "{\"execute\":\"nope\",\"arguments\":[]}", "{\"execute\":\"nope\",\"arguments\":{\"x\":1}}", "{\"execute\":\"nope\",\"foo\":1}",
            "{\"Execute\":\"guest-ping\"}", "{\"execute \":\"guest-ping\"}", "{\"\":1}", "{\"execute\":\"guest-ping\",\"\":1}",
            "{\"execute\":\"Guest-Ping\"}", "{\"execute\":\"guest-ping \"}", "{\"execute\":\"guest-pin\"}", "{\"execute\":\"guest_ping\"}",
            "{\"execute\":\"guest-ping\\u0000\"}", "{\"execute\":\"\\u0000\"}", "{\"execute\":\"\\u00e9\\ud83d\\ude00\"}",
            "{\"execute\":\"guest\\u002dping\"}", "{\"\\u0065xecute\":\"guest-ping\"}", "{\"exec\\u0000ute\":1}",
            "{\"execute\":\"a'b\\\"c\\nd\"}", "{\"a'b\\nc\":1}", "{\"execute\":\"%s%n\"}",
            $"{{\"execute\":\"{new string('x', 5000)}\"}}", $"{{\"{new string('x', 5000)}\":1}}",

            // guest-sync and friends.
            .. Values.Select(value => $"{{\"execute\":\"guest-sync\",\"arguments\":{{\"id\":{value}}}}}"),
            .. Values.Select(value => $"{{\"execute\":\"guest-sync-delimited\",\"arguments\":{{\"id\":{value}}},\"id\":{value}}}"),
            .. Values.Select(value => $"{{\"execute\":\"guest-ping\",\"arguments\":{{\"x\":{value}}}}}"),
            .. Values.Select(value => $"{{\"execute\":\"guest-info\",\"arguments\":{{}},\"id\":{value}}}"),
            .. Values.Select(value => $"{{\"execute\":{value},\"id\":{value}}}"),
            .. Values.Select(value => $"{{\"execute\":\"guest-ping\",\"arguments\":{value}}}"),
            .. Values.Select(value => $"{{\"execute\":\"guest-ping\",\"exec-oob\":{value}}}"),
        ];
        foreach (var request in requests)
            _duel.AssertSame(request);
    }

    [PeerFact]
    public void Arguments_of_file_commands_are_checked_in_the_same_way()
    {
        _duel.AssertSame(Qmp.Open($"{Duel.Scratch}/f", "w+"));
        _duel.AssertSame(Qmp.Write(1000, "some text\n"u8));
        (string Command, string Given, string[] Checked)[] commands =
        [
            ("guest-file-open", "", ["path", "mode"]),
            ("guest-file-open", $"\"path\":\"{Duel.Scratch}/f\"", ["mode", "flags"]),
            ("guest-file-close", "", ["handle", "force"]),
            ("guest-file-read", "", ["handle", "count"]),
            ("guest-file-read", "\"handle\":1000", ["count", "offset"]),
            ("guest-file-read", "\"handle\":7", ["count"]),
            ("guest-file-write", "", ["handle", "buf-b64", "count"]),
            ("guest-file-write", "\"handle\":1000", ["buf-b64", "count"]),
            ("guest-file-write", "\"handle\":1000,\"buf-b64\":\"YWJj\"", ["count", "data"]),
            ("guest-file-write", "\"handle\":7,\"buf-b64\":\"!\"", ["count"]),
            ("guest-file-seek", "", ["handle", "offset", "whence"]),
            ("guest-file-seek", "\"handle\":1000", ["offset", "whence"]),
            ("guest-file-seek", "\"handle\":1000,\"whence\":\"set\"", ["offset"]),
            ("guest-file-seek", "\"handle\":1000,\"offset\":3", ["whence"]),
            ("guest-file-seek", "\"handle\":7,\"offset\":3", ["whence"]),
            ("guest-file-flush", "", ["handle", "offset"]),
        ];
        foreach (var (command, given, names) in commands)
        {
            _duel.AssertSame($"{{\"execute\":\"{command}\",\"arguments\":{{{given}}}}}");
            foreach (var name in names)
            {
                foreach (var value in Values)
                    _duel.AssertSame($"{{\"execute\":\"{command}\",\"arguments\":{{{given}{(given.Length > 0 ? "," : "")}\"{name}\":{value}}}}}");
            }
        }
    }

    [PeerFact]
    public void Base64_is_decoded_in_the_same_way()
    {
        string[] contents =
        [
            "", "=", "==", "===", "====", "Y", "YQ", "YQ=", "YQ==", "YQ===", "YQ====", "YWI", "YWI=", "YWI==", "YWJj", "YWJj=", "YWJjZ",
            "YQ==YQ==", "YQ=YQ==", "Y=Q=", "=YQ=", "YR==", "YWJ=", "Y===", "A===", "AA=A", "YQ==\\nYQ==\\n", "YQ\\n==", "\\nYQ==", "Y\\nQ=\\n=",
            "YQ==\\r\\n", " YQ==", "YQ== ", "Y Q==", "\\tYQ==", "YQ==\\u0000", "YWJj\\u0000YWJj", "\\u0000", "_-__", "-_-_", "+/+/", "!!!!", "YWJj!",
            "YWJ\\u00e9", "\\u00e9", "YWJj\\n\\n\\n", "\\n", "YWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJj",
        ];
        _duel.AssertSame(Qmp.Open($"{Duel.Scratch}/f", "w+"));
        foreach (var content in contents)
        {
            _duel.AssertSame(Qmp.Rewind(1000));
            foreach (var count in new[] { "", ",\"count\":0", ",\"count\":1", ",\"count\":2", ",\"count\":3", ",\"count\":4", ",\"count\":-1" })
                _duel.AssertSame($"{{\"execute\":\"guest-file-write\",\"arguments\":{{\"handle\":1000,\"buf-b64\":\"{content}\"{count}}}}}");
            _duel.AssertSame(Qmp.Rewind(1000) + Qmp.Read(1000, 1000));
        }
    }

    [PeerFact]
    public void Files_of_every_mode_and_kind_behave_in_the_same_way()
    {
        string[] modes =
            ["r", "rb", "w", "wb", "a", "ab", "r+", "rb+", "r+b", "w+", "wb+", "w+b", "a+", "ab+", "a+b", "rw", "x", "wx", "R", "re", "", "br"];
        var handle = 1000L;
        foreach (var directory in _duel.ScratchDirectories)
        {
            Directory.CreateDirectory($"{directory}/directory");
            File.CreateSymbolicLink($"{directory}/link", "target");
            File.CreateSymbolicLink($"{directory}/loop", "loop");
            Assert.Equal(0, ProcessRun.Of("mkfifo", [$"{directory}/fifo"]).ExitCode);
        }

        foreach (var name in new[] { "/new", "/link", "/loop", "/fifo", "/directory", "/directory/none/x", "/new/x", "/\u00e9" })
        {
            foreach (var mode in modes)
            {
                foreach (var directory in _duel.ScratchDirectories)
                    File.WriteAllText($"{directory}/new", "0123456789");
                var opened = _duel.AssertSame(
                    $"{{\"execute\":\"guest-file-open\",\"arguments\":{{\"path\":\"{Duel.Scratch}{name}\",\"mode\":\"{mode}\"}}}}");
                if (opened[0].Contains("error", StringComparison.Ordinal))
                    continue;

                // On a pipe, qemu-ga fails to switch between reading and writing, because it seeks for that.
                _duel.AssertSame(name == "/fifo" ? Qmp.Read(handle, 3) + Seek(handle, 0, "cur") + Qmp.Close(handle) :
                    Qmp.Read(handle, 3) + Qmp.Write(handle, "abc"u8) + Qmp.Read(handle, 3) + Seek(handle, 0, "cur") + Seek(handle, -2, "end") +
                    Qmp.Write(handle, "XYZ"u8) + Qmp.Rewind(handle) + Qmp.Read(handle, 100) + Qmp.Read(handle, 100) + Seek(handle, -100, "cur") +
                    Qmp.Request("guest-file-flush", ("handle", handle)) + Qmp.Close(handle) + Qmp.Close(handle));
                handle++;
            }
        }

        foreach (var path in new[] { "/dev/null", "/dev/zero", "/proc/self/mem", "/proc/version", "/" })
        {
            var opened = _duel.AssertSame(Qmp.Open(path));
            if (opened[0].Contains("return", StringComparison.Ordinal))
                _duel.AssertSame(Qmp.Read(handle, 5) + Qmp.Read(handle, 0) + Seek(handle, 2, "cur") + Qmp.Write(handle, "x"u8) + Qmp.Close(handle++));
        }

        static string Seek(long handle, long offset, string whence) =>
            Qmp.Request("guest-file-seek", ("handle", handle), ("offset", offset), ("whence", whence));
    }

    [PeerFact]
    public void Largest_read_has_the_same_answer()
    {
        foreach (var directory in _duel.ScratchDirectories)
        {
            using var file = File.Create($"{directory}/f");
            file.SetLength(50 << 20);
        }

        _duel.AssertSame(Qmp.Open($"{Duel.Scratch}/f"));
        _duel.AssertSame(Qmp.Read(1000, 48 << 20));
        _duel.AssertSame(Qmp.Read(1000, 48 << 20));
        _duel.AssertSame(Qmp.Read(1000, 48 << 20));
        _duel.AssertSame(Qmp.Read(1000, (48 << 20) + 1));
    }

    /// <summary>One of every type, and the edges of each.</summary>
    private static IEnumerable<string> Values =>
    [
        "0", "1", "2", "3", "-1", "4", "1000", "-1000", "5000000000", "50331648", "50331649", "2147483647", "2147483648", "4294967296",
        "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615",
        "18446744073709551616", "1.0", "1e0", "0.5", "-0", "-0.0", "1e400", "true", "false", "null", "\"\"", "\"1\"", "\"set\"", "\"cur\"",
        "\"end\"", "\"SET\"", "\"se\"", "\"r\"", "\"set\\u0000\"", "\"\\u00e9\"", "\"YQ==\"", "[]", "[1]", "{}", "{\"a\":1}",
    ];
}
