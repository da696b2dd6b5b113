using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Host.Tests.Audit;

/// <summary>The audit file of the published agent, and what qga tells of it.</summary>
public sealed class AuditTests : IDisposable
{
    private readonly AuditedAgent _lab = new("allow_audit guest-get-time\nallow guest-exec log=args env=A\nallow *");

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void What_the_host_did_is_in_the_file()
    {
        using var client = _lab.Agent.Connect();
        var pid = (long)Qmp.Return(client.Ask(Qmp.Request("guest-exec", ("path", "/bin/sh"), ("arg", new JArray("-c", "exit 3")), ("env", new JArray("A=b")))))["pid"]!;
        var handle = (long)Qmp.Return(client.Ask(Qmp.Open(_lab.PathOf("file"), "w")));
        client.Ask(Qmp.Write(handle, "hello"u8));
        client.Ask(Qmp.Close(handle));
        client.Ask(Qmp.Ping);
        client.Ask(Qmp.Request("guest-get-time"));
        var end = _lab.Await("program-end", "guest-exec");
        _lab.Await("request", "guest-get-time");

        var exec = _lab.Await("request", "guest-exec");
        string[] members = ["channel", "peer", "decision", "rule", "result"];
        Assert.Equal(["unix-listen", "uid:0", "allow", "10-lab.rules:2", "ok"], members.Select(member => (string?)exec[member]));
        Assert.Equal(JObject.Parse("""{"path":"/bin/sh","argc":3,"args":["-c","exit 3"],"env":["A"]}"""), exec["what"]);
        Assert.Equal((pid, _lab.Agent.Pid), ((long)exec["pid"]!, (int)exec["agent-pid"]!));
        Assert.Equal((pid, 3, (long)exec["seq"]!), ((long)end["pid"]!, (int)end["exit-code"]!, (long)end["request"]!));
        Assert.True((long)end["duration-us"]! > 0);
        Assert.Equal(5, (int)_lab.Await("request", "guest-file-write")["bytes"]!);
        Assert.Equal("start", (string?)_lab.Records[0]["kind"]);
        Assert.DoesNotContain(_lab.Records, record => (string?)record["command"] is "guest-ping" or "guest-file-close");
    }

    [Fact]
    public void Root_in_the_guest_is_recorded_too()
    {
        using var root = _lab.Agent.ConnectAsRoot();
        root.Ask(Qmp.Request("guest-get-time"));

        var record = _lab.Await("request", "guest-get-time");
        Assert.Equal(("control", "uid:0"), ((string?)record["channel"], (string?)record["peer"]));
    }

    [Fact]
    public void Chain_goes_on_over_restarts_kills_and_rotation()
    {
        Ask();
        _lab.Await("request", "guest-get-time");
        _lab.Restart(Signal.Terminate);
        Ask();
        _lab.Await("request", "guest-get-time", 2);
        _lab.Restart(Signal.Kill);
        Ask();
        _lab.Await("request", "guest-get-time", 3);
        Assert.Single(_lab.Records, record => (string?)record["kind"] == "stop");
        File.Move(_lab.AuditFile, $"{_lab.AuditFile}.1");
        Signal.HangUp.Send(_lab.Agent.Pid);
        _lab.Await("reload");
        Ask();
        _lab.Await("request", "guest-get-time");

        var run = _lab.Subcommand("audit", "--verify", "-c", _lab.Configuration);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.EndsWith("records in 2 files: nothing was changed, removed or inserted\n", run.Output, StringComparison.Ordinal);
        Assert.Equal(4, _lab.Subcommand("audit", "--json", "--command=guest-get-*").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Theory]
    [InlineData("changed", 2)]
    [InlineData("removed", 2)]
    [InlineData("inserted", 2)]
    [InlineData("cut", 3)]
    public void Verification_says_where_somebody_was(string what, int line)
    {
        Ask();
        Ask();
        _lab.Await("request", "guest-get-time", 2);
        List<string> lines = [.. File.ReadAllLines(_lab.AuditFile)];
        switch (what)
        {
            case "changed": lines[1] = lines[1].Replace("\"ok\"", "\"OK\"", StringComparison.Ordinal); break;
            case "removed": lines.RemoveAt(1); break;
            case "inserted": lines.Insert(2, lines[1]); break;
            default: lines.RemoveAt(2); line = 2; break;
        }

        File.WriteAllText(_lab.AuditFile, string.Concat(lines.Select(each => $"{each}\n")));
        var run = _lab.Subcommand("audit", "--verify");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"{_lab.AuditFile}:{line}: ", run.Output, StringComparison.Ordinal);
        Assert.EndsWith("the chain is broken\n", run.Output, StringComparison.Ordinal);

        var json = JObject.Parse(_lab.Subcommand("audit", "--verify", "--json").Output);
        Assert.False((bool)json["intact"]!);
        Assert.Equal((_lab.AuditFile, line), ((string?)json["findings"]![0]!["path"], (int)json["findings"]![0]!["line"]!));
    }

    [Fact]
    public void Records_are_printed_for_people_and_as_they_are()
    {
        Ask();
        _lab.Await("request", "guest-get-time");

        Assert.Matches(
            @"^[0-9]{4}-\S+ \S+ \S+ guest-get-time - ok in [0-9.]+ ms rule=10-lab\.rules:1 by uid:0\n$", _lab.Subcommand("audit", "--command=guest-get-time").Output);
        Assert.Equal(File.ReadAllText(_lab.AuditFile), _lab.Subcommand("audit", "--json").Output);
        Assert.Equal("", _lab.Subcommand("audit", "--since=2099-01-01").Output);
        Assert.Contains("guest-get-time", _lab.Subcommand("audit", "--since=1h").Output, StringComparison.Ordinal);
        Assert.Equal(new ProcessRun(2, "", "qga: 'soon' is no time: 2026-11-26 10:00, 10:00, 90s, 30min, 2h and 7d are some\n"), _lab.Subcommand("audit", "--since=soon"));
        Assert.Equal(
            File.ReadAllText(_lab.AuditFile), ProcessRun.Of("sh", ["-c", $"cat {_lab.AuditFile} | {PublishedAgent.Executable} audit --json --file=-"]).Output);
    }

    [Fact]
    public void Follower_gets_what_comes_and_follows_the_file_to_its_next_one()
    {
        Ask();
        _lab.Await("request", "guest-get-time");
        _lab.Agent.ConnectAsRoot().Dispose();
        using var follower = new RunningProcess(
            "nsenter", ["--mount", "--target", $"{_lab.Agent.Pid}", "--", PublishedAgent.Executable, "audit", "--follow", "--command=guest-*"]);
        follower.AwaitOutput("guest-get-time");
        using (var client = _lab.Agent.Connect())
            client.Ask(Qmp.Open(_lab.PathOf("one"), "w"));
        follower.AwaitOutput("path=" + _lab.PathOf("one"));
        File.Move(_lab.AuditFile, $"{_lab.AuditFile}.1");
        Signal.HangUp.Send(_lab.Agent.Pid);
        _lab.Await("reload");
        using (var client = _lab.Agent.Connect())
            client.Ask(Qmp.Open(_lab.PathOf("two"), "w"));
        follower.AwaitOutput("path=" + _lab.PathOf("two"));
    }

    [Theory]
    [InlineData("link", "is a symbolic link")]
    [InlineData("fifo", "is no regular file")]
    public void File_that_was_replaced_is_not_written_to_and_root_is_told(string kind, string word)
    {
        Ask();
        _lab.Await("request", "guest-get-time");
        var target = _lab.PathOf("target");
        File.WriteAllText(target, "");
        File.Move(_lab.AuditFile, $"{_lab.AuditFile}.1");
        Assert.Equal(0, ProcessRun.Of(kind == "link" ? "ln" : "mkfifo", kind == "link" ? ["-s", target, _lab.AuditFile] : [_lab.AuditFile]).ExitCode);
        Signal.HangUp.Send(_lab.Agent.Pid);
        _lab.Agent.AwaitOutput($"warning: audit: {_lab.AuditFile} {word}; records wait");

        Ask();
        Assert.Equal("", File.ReadAllText(target));
        Assert.Matches($"audit +file {_lab.AuditFile}, [0-9]+ records, [0-9]+ wait: {_lab.AuditFile} {word}\n", _lab.Subcommand("status").Output);
        Assert.Contains($"error    audit:         {_lab.AuditFile} {word}: nothing is written to it", _lab.Subcommand("check").Output, StringComparison.Ordinal);

        File.Delete(_lab.AuditFile);
        Signal.HangUp.Send(_lab.Agent.Pid);
        _lab.Await("request", "guest-get-time");
        Assert.Equal(0, _lab.Subcommand("audit", "--verify").ExitCode);
    }

    [Fact]
    public void Reload_has_records_go_where_it_is_configured_by_then()
    {
        var other = $"{_lab.AuditFile}.other";
        Ask();
        _lab.Configure($"audit=file,syslog\naudit-file={other}");
        Signal.HangUp.Send(_lab.Agent.Pid);
        _lab.Agent.AwaitOutput("warning: what the host does is recorded by file, syslog from now on");
        Ask();
        Eventually.True(() => File.Exists(other) && File.ReadAllText(other).Contains("guest-get-time", StringComparison.Ordinal));
        Assert.Equal(["start", "request", "reload"], _lab.Records.Select(record => (string?)record["kind"]));

        // What leaves nothing behind it says so in the last record.
        _lab.Configure("audit=off");
        Signal.HangUp.Send(_lab.Agent.Pid);
        _lab.Agent.AwaitOutput("warning: what the host does is recorded by nothing from now on");
        Ask();
        var last = JObject.Parse(File.ReadAllLines(other)[^1]);
        Assert.Equal(("reload", "[]"), ((string?)last["kind"], $"{last["audit"]}"));
        Assert.DoesNotContain(" records", _lab.Subcommand("status").Output, StringComparison.Ordinal);

        _lab.Configure("audit=file");
        Signal.HangUp.Send(_lab.Agent.Pid);
        _lab.Agent.AwaitOutput("warning: what the host does is recorded by file from now on");
        Ask();
        _lab.Await("request", "guest-get-time", 2);
        Assert.Equal(0, _lab.Subcommand("audit", "--verify").ExitCode);
    }

    [Fact]
    public void Where_nothing_is_configured_no_file_is_made()
    {
        using var lab = new AuditedAgent(settings: "");
        using var client = lab.Agent.Connect();
        Qmp.Return(client.Ask(Qmp.Request("guest-exec", ("path", "/bin/true"))));
        lab.Agent.End(Signal.Terminate);

        Assert.False(Directory.Exists(Path.GetDirectoryName(lab.AuditFile)));
        var run = ProcessRun.Of(PublishedAgent.Executable, ["audit", "-c", lab.Configuration]);
        Assert.Equal((2, $"qga: there is no {lab.AuditFile}: records go there with audit=file in group [qga] of the configuration\n"), (run.ExitCode, run.Error));
    }

    /// <remarks>The largest that the wire takes.</remarks>
    [Fact]
    public void No_request_is_too_large_for_its_record()
    {
        using var client = _lab.Agent.Connect();
        var names = Enumerable.Range(0, 64).Select(number => $"V{number}{new string('x', 4090)}=1");
        using var lab = new AuditedAgent(settings: "audit=file");
        using var other = lab.Agent.Connect();
        Qmp.Return(other.Ask(Qmp.Request("guest-exec", ("path", "/bin/true"), ("arg", new JArray(names)), ("env", new JArray(names)))));
        client.Ask(Qmp.Open("/" + new string('x', 1_000_000), "w"));

        Assert.Equal((65, "ok"), ((int)lab.Await("request", "guest-exec")["what"]!["argc"]!, (string?)lab.Await("request", "guest-exec")["result"]));
        Assert.Contains("(cut: 1000001 in all, sha256 ", (string?)_lab.Await("request", "guest-file-open")["what"]!["path"], StringComparison.Ordinal);
        Assert.All(File.ReadAllLines(lab.AuditFile), line => Assert.InRange(line.Length, 100, 32 * 1024));
        Assert.DoesNotContain(lab.Records.Concat(_lab.Records), record => (string?)record["kind"] == "lost");
    }

    [Fact]
    public async Task Host_that_floods_the_agent_loses_no_record()
    {
        const int Count = 5000;
        using var client = _lab.Agent.Connect();
        var request = Qmp.Open("/no/such/" + new string('x', 1500), "w") + "\n";
        var sending = Task.Run(() =>
        {
            for (var number = 0; number < Count; number++)
                client.Send(request);
        });
        for (var number = 0; number < Count; number++)
            client.ReadLine();
        await sending;
        Eventually.True(() => File.ReadLines(_lab.AuditFile).Count() >= (2 * Count) + 1);

        Assert.DoesNotContain("\"kind\":\"lost\"", File.ReadAllText(_lab.AuditFile), StringComparison.Ordinal);
        Assert.Equal(0, _lab.Subcommand("audit", "--verify").ExitCode);
    }

    private void Ask()
    {
        using var client = _lab.Agent.Connect();
        Qmp.Return(client.Ask(Qmp.Request("guest-get-time")));
    }
}
