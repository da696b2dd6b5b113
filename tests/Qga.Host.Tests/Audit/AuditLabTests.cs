using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Qga.Host.Tests.Freeze;
using Qga.Platform.Audit;
using Qga.Testing;

namespace Qga.Host.Tests.Audit;

/// <summary>The audit of the published agent where it may be in the way: in a freeze, in the journal, in what is nobody's business.</summary>
public sealed class AuditLabTests : FreezeLabTest
{
    private const string File = "/run/audit/audit.jsonl";
    private const string FrozenFile = "/mnt/ext4/audit/audit.jsonl";
    private const string Mark = "s3cr3t";

    private static readonly string Encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes($"xx{Mark}"));

    public AuditLabTests(FreezeLabFixture fixture)
        : base(fixture) => Lab.Run($"rm -rf {Path.GetDirectoryName(File)} {Path.GetDirectoryName(FrozenFile)}");

    [FreezeLabFact]
    public void Audit_file_that_is_frozen_with_the_rest_holds_up_no_freeze_and_loses_nothing()
    {
        var agent = Start($"audit=file\naudit-file={FrozenFile}");
        using var client = agent.Connect();
        for (var round = 1; round <= 3; round++)
        {
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
            Assert.Equal(Freezable, Frozen);
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        }

        Eventually.True(() => Commands(FrozenFile).Count(command => command == "guest-fsfreeze-thaw") == 3);
        Assert.Equal(
            Enumerable.Repeat<string[]>(["guest-fsfreeze-freeze", "guest-fsfreeze-thaw"], 3).SelectMany(each => each), Commands(FrozenFile).OfType<string>());
        Assert.Empty(AuditVerification.Of([Lab.PathOf(FrozenFile)]).Findings);
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Agent_that_starts_in_a_freeze_writes_after_the_thaw()
    {
        var agent = Start($"audit=file\naudit-file={FrozenFile}");
        using (var client = agent.Connect())
            Qmp.Return(client.Ask(Qmp.Freeze));
        agent.Send(Signal.Kill);
        agent.WaitForExit();

        var next = Start($"audit=file\naudit-file={FrozenFile}");
        using var other = next.Connect();
        AssertReturns(Freezable.Count(), other.Ask(Qmp.Thaw));
        Eventually.True(() => Commands(FrozenFile).Contains("guest-fsfreeze-thaw"));

        // What it held went along in memory.
        Assert.Equal(["start", "begin", "request", "start", "begin", "freeze", "request"], Records(FrozenFile).Select(record => (string?)record["kind"]));
        Assert.Contains("has ended without a stop", Assert.Single(AuditVerification.Of([Lab.PathOf(FrozenFile)]).Findings).Text, StringComparison.Ordinal);
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Filesystem_that_is_mounted_while_the_guest_is_frozen_is_in_the_verdict()
    {
        var agent = Start("");
        using var client = agent.Connect();
        Qmp.Return(client.Ask(Qmp.Freeze));
        Lab.Mount("ext4", "/mnt/late");
        Lab.Run("echo x > /mnt/late/x && sync /mnt/late/x");
        Qmp.Return(client.Ask(Qmp.Thaw));
        Eventually.True(() => Lab.Run("/agent/qemu-ga freezes --json").Contains("\"verdict\"", StringComparison.Ordinal));
        Lab.Unmount("/mnt/late");

        var record = ParseRecord(Lab.Run("/agent/qemu-ga freezes --json | tail -n 1"));
        Assert.Equal(
            ("not consistent", "/mnt/late was not frozen: it was mounted while the guest was frozen"), ((string?)record["verdict"], (string?)record["reason"]));
    }

    [FreezeLabFact]
    public void Metrics_are_written_to_no_disk_while_the_guest_is_frozen()
    {
        var agent = Start("");
        using var client = agent.Connect();
        Qmp.Return(client.Ask(Qmp.Freeze));
        Lab.Run("rm -f /run/qga.prom; /agent/qemu-ga metrics --output=/mnt/ext4/qga.prom && /agent/qemu-ga metrics --output=/run/qga.prom");
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));

        Assert.False(System.IO.File.Exists(Lab.PathOf("/mnt/ext4/qga.prom")));
        Assert.Contains("qga_frozen 1\n", TextOf("/run/qga.prom"), StringComparison.Ordinal);
        AssertAtRest();
    }

    /// <remarks>It is what is used if nothing is said, and a guest need have none.</remarks>
    [FreezeLabFact]
    public void Syslog_that_is_not_there_is_told_and_what_is_for_it_counts_as_lost()
    {
        Lab.Run("rm -f /dev/log");
        var agent = Start("audit=syslog");
        using var client = agent.Connect();
        Qmp.Return(client.Ask(Qmp.Open("/run/opened", "w")));

        Assert.Matches("audit +syslog, 0 records, [1-9][0-9]* lost: nobody listens at /dev/log\n", Lab.Run("/agent/qemu-ga status"));
        Assert.Contains("nobody listens at /dev/log", Lab.Run("/agent/qemu-ga check || true"), StringComparison.Ordinal);
        Assert.Matches("qga_audit_records_lost_total\\{sink=\"syslog\"\\} [1-9]", Lab.Run("/agent/qemu-ga metrics"));
    }

    [FreezeLabFact]
    public void Program_that_kills_the_agent_is_recorded()
    {
        const int Rounds = 3;
        for (var round = 1; round <= Rounds; round++)
        {
            var agent = Start($"audit=file\naudit-file={File}");
            Eventually.True(() => Records(File).Count(record => (string?)record["kind"] == "start") == round);
            using var client = agent.Connect();
            client.Send(Qmp.Request("guest-exec", ("path", "/bin/sh"), ("arg", new JArray("-c", $"kill -9 {Records(File).Last()["agent-pid"]}"))) + "\n");
            agent.WaitForExit();
        }

        Start($"audit=file\naudit-file={File}");
        Eventually.True(() => Records(File).Count(record => (string?)record["kind"] == "start") == Rounds + 1);
        Assert.Equal(Rounds, Records(File).Count(record => (string?)record["kind"] == "begin"));
        Assert.True(AuditVerification.Of([Lab.PathOf(File)]).IsIntact);
    }

    [FreezeLabFact]
    public void Agent_that_hands_a_freeze_over_hands_over_what_it_had_to_record()
    {
        var agent = Start($"audit=file\naudit-file={FrozenFile}");
        using (var client = agent.Connect())
            Qmp.Return(client.Ask(Qmp.Freeze));
        agent.Send(Signal.HandOver);
        Assert.Equal(0, agent.WaitForExit());

        var next = Start($"audit=file\naudit-file={FrozenFile}");
        using var other = next.Connect();
        AssertReturns(Freezable.Count(), other.Ask(Qmp.Thaw));
        Eventually.True(() => Commands(FrozenFile).Contains("guest-fsfreeze-thaw"));

        string[] kinds = ["start", "begin", "request", "stop", "start", "begin", "freeze", "request"];
        Assert.Equal(kinds, Records(FrozenFile).Select(record => (string?)record["kind"]));
        Assert.Equal("guest-fsfreeze-freeze", Commands(FrozenFile).ElementAt(2));
        Assert.Empty(AuditVerification.Of([Lab.PathOf(FrozenFile)]).Findings);
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Freeze_is_recorded_with_what_it_was_worth()
    {
        using var journal = new FreezeLabJournal(Lab);
        WriteHook("");
        var agent = Start($"audit=file,journal\naudit-file={FrozenFile}", $"-F{Hook}");
        using var client = agent.Connect();
        AssertFreezesAndThawsAll(client);
        Eventually.True(() => Records(FrozenFile).Any(record => (string?)record["kind"] == "freeze"));

        var record = Records(FrozenFile).Single(record => (string?)record["kind"] == "freeze");
        var told = ParseRecord(Lab.Run("/agent/qemu-ga freezes --json | tail -n 1"));
        string[] members = ["freeze", "verdict", "since", "until", "until-ns", "ended-by", "ended-peer"];
        Assert.Equal(
            [$"{told["id"]}", "consistent", $"{told["interval"]!["since"]!["time"]}", $"{told["interval"]!["until"]!["time"]}", $"{told["interval"]!["until"]!["boottime-ns"]}", "host", "uid:0"],
            members.Select(member => $"{record[member]}"));
        Assert.Equal(
            told["filesystems"]!.Select(each => (each["mountpoint"], each["frozen-at"]?["boottime-ns"], each["thawed-at"]?["time"], each["thawed-by"], each["left-out"])),
            record["filesystems"]!.Select(each => (each["mountpoint"], each["frozen-ns"], each["thawed"], each["thawed-by"], each["left-out"])));
        Assert.Equal(["freeze ok", "thaw ok"], record["hooks"]!.Select(hook => $"{hook["action"]} {hook["result"]}"));

        string datagram;
        do
            datagram = journal.Read();
        while (!datagram.Contains("QGA_KIND=freeze\n", StringComparison.Ordinal));
        Assert.Contains($"QGA_FREEZE={told["id"]}\n", datagram, StringComparison.Ordinal);
        Assert.Contains("QGA_VERDICT=consistent\n", datagram, StringComparison.Ordinal);
        Assert.Contains("QGA_FILESYSTEMS={\"mountpoint\":", datagram, StringComparison.Ordinal);
        Assert.Contains($" freeze={told["id"]} verdict=consistent ", Lab.Run("/agent/qemu-ga audit --command=guest-fsfreeze-freeze"), StringComparison.Ordinal);
        Assert.Contains("qga_freezes_total{ended_by=\"host\",verdict=\"consistent\"} 1\n", Lab.Run("/agent/qemu-ga metrics"), StringComparison.Ordinal);
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Thaw_in_the_place_of_an_agent_that_was_killed_records_the_freeze()
    {
        var agent = Start($"audit=file\naudit-file={FrozenFile}");
        using (var client = agent.Connect())
            Qmp.Return(client.Ask(Qmp.Freeze));
        agent.Send(Signal.Kill);
        agent.WaitForExit();
        Lab.Run($"/agent/qemu-ga thaw -c /etc/qemu-ga.conf -t {FreezeSession.StateDirectory}");

        var record = Records(FrozenFile).Single(record => (string?)record["kind"] == "freeze");
        Assert.Equal(("root", "consistent"), ((string?)record["ended-by"], (string?)record["verdict"]));
        Assert.Empty(AuditVerification.Of([Lab.PathOf(FrozenFile)]).Findings);
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Journal_has_fields_of_each_record()
    {
        using var journal = new FreezeLabJournal(Lab);
        var agent = Start("audit=journal");
        using var client = agent.Connect();
        Qmp.Return(client.Ask(Qmp.Request("guest-exec", ("path", "/bin/true"))));

        Assert.Contains("QGA_KIND=start\n", journal.Read(), StringComparison.Ordinal);
        Assert.Contains("QGA_KIND=begin\n", journal.Read(), StringComparison.Ordinal);
        var record = journal.Read();
        Assert.Matches("^MESSAGE=guest-exec path=/bin/true argc=1: ok\nMESSAGE_ID=[0-9a-f]{32}\nPRIORITY=6\nSYSLOG_FACILITY=1\nSYSLOG_IDENTIFIER=qemu-ga\n", record);
        Assert.Contains("QGA_COMMAND=guest-exec\nQGA_PATH=/bin/true\nQGA_ARGC=1\nQGA_DECISION=allow\nQGA_RESULT=ok\n", record, StringComparison.Ordinal);
        Assert.Contains("QGA_KIND=program-end\n", journal.Read(), StringComparison.Ordinal);
    }

    [FreezeLabFact]
    public void Journal_that_does_not_read_holds_up_no_request_and_no_freeze()
    {
        using var journal = new FreezeLabJournal(Lab, reads: false);
        var agent = Start("audit=journal");
        using var client = agent.Connect();
        const int Count = 700;
        for (var number = 0; number < Count; number++)
            client.Send(Qmp.Open($"/run/opened-{number % 10}", "w") + "\n");
        for (var number = 0; number < Count; number++)
            Assert.StartsWith("{\"return\"", client.ReadLine(), StringComparison.Ordinal);
        AssertFreezesAndThawsAll(client);

        var seen = 0;
        while (!journal.Read().Contains("QGA_COMMAND=guest-fsfreeze-thaw\n", StringComparison.Ordinal))
            seen++;
        Assert.Equal((2 * Count) + 3, seen);
        AssertAtRest();
    }

    [FreezeLabFact]
    public void No_secret_is_in_any_record_or_log()
    {
        using var journal = new FreezeLabJournal(Lab);
        using var syslog = new FreezeLabSyslog(Lab);
        var agent = Start($"audit=journal,file,syslog\naudit-file={File}", "-v");
        using var client = agent.Connect();
        foreach (var request in Requests())
            client.Ask(request);
        client.Ask(Qmp.Request("guest-set-vcpus", ("vcpus", new JArray())));
        agent.Send(Signal.Terminate);
        agent.WaitForExit();

        List<string> told = [TextOf(File), TextOf(Log), agent.Output];
        while (told[^1] is var last && !last.Contains("QGA_KIND=stop", StringComparison.Ordinal))
            told.Add(journal.Read());
        do
            told.Add(syslog.Read());
        while (!told[^1].Contains("guest-file-close called", StringComparison.Ordinal));

        Assert.Contains("\"command\":\"guest-set-user-password\",\"what\":{\"user\":\"bob\"}", told[0], StringComparison.Ordinal);
        Assert.Contains("\"kind\":\"stop\"", told[0], StringComparison.Ordinal);
        Assert.All(told, text =>
        {
            Assert.DoesNotContain(Mark, text, StringComparison.Ordinal);
            Assert.DoesNotContain(Encoded[4..], text, StringComparison.Ordinal);
        });
    }

    private static IEnumerable<string> Requests()
    {
        yield return Qmp.Request("guest-set-user-password", ("username", "bob"), ("password", Encoded), ("crypted", false));
        yield return Qmp.Request("guest-set-user-password", ("username", "bob"), ("password", $"{Mark}!"), ("crypted", true));
        foreach (var command in new[] { "guest-ssh-add-authorized-keys", "guest-ssh-remove-authorized-keys" })
        {
            yield return Qmp.Request(command, ("username", "bob"), ("keys", new JArray(Mark)));
            yield return Qmp.Request(command, ("username", "bob"), ("keys", new JArray($"#{Mark}")));
        }

        yield return Qmp.Request("guest-exec", ("path", "/bin/sh"), ("arg", new JArray("-c", "cat")), ("env", new JArray($"A={Mark}", Mark)), ("input-data", Encoded), ("capture-output", true));
        yield return Qmp.Request("guest-exec", ("path", "/no/such"), ("env", new JArray($"A={Mark}")), ("input-data", $"{Mark}!"));
        yield return Qmp.Open("/run/secret", "w+");
        yield return Qmp.Write(1000, Encoding.UTF8.GetBytes(Mark));
        yield return Qmp.Request("guest-file-write", ("handle", 1000), ("buf-b64", $"{Mark}!"));
        yield return Qmp.Rewind(1000);
        yield return Qmp.Read(1000, 100);
        yield return $"{{\"execute\":\"guest-file-write\",\"arguments\":{{\"handle\":1000,\"buf-b64\":\"{Encoded}\",\"{Mark}\":1}}}}";
        yield return Qmp.Close(1000);
    }

    /// <summary>Those of requests; the others have none.</summary>
    private IEnumerable<string?> Commands(string path) =>
        Records(path).Select(record => (string?)record["kind"] == "request" ? (string?)record["command"] : null);

    private IEnumerable<JObject> Records(string path) => TextOf(path).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(ParseRecord);

    /// <summary>Points in time stay the texts that they are.</summary>
    private static JObject ParseRecord(string line)
    {
        using var reader = new JsonTextReader(new StringReader(line)) { DateParseHandling = DateParseHandling.None };
        return JObject.Load(reader);
    }
}
