using Akka.Actor;
using Newtonsoft.Json.Linq;
using Qga.Actors.Commands;
using Qga.Actors.Freeze;
using Qga.Platform.Freeze;
using Qga.Platform.Policy.Reading;
using Qga.Testing;

namespace Qga.Actors.Tests.Freeze;

/// <summary>The records of freezes as a host asks for them.</summary>
public sealed class QgaFreezeReportTests : AgentFixture
{
    private const string Report = "__org.qga_freeze-report";

    [Fact]
    public void Host_hears_what_its_freeze_was_worth()
    {
        Guest.Mount("/");
        Guest.Mount("/home", "xfs");
        var agent = StartAgent(GuestCommands.Extended, timeout: TimeSpan.FromSeconds(900));
        Assert.Empty(Records(agent));
        Ask(agent, "guest-fsfreeze-freeze");

        var frozen = Assert.Single(Records(agent));
        Assert.Equal(("frozen", null), ((string?)frozen["state"], frozen["verdict"]));
        Assert.Null(frozen["interval"]!["until"]);
        Clock.Advance(TimeSpan.FromSeconds(3));
        Ask(agent, "guest-fsfreeze-thaw");

        var record = Assert.Single(Records(agent));
        Assert.Equal($"{frozen["id"]}", (string?)record["id"]);
        Assert.Equal(("over", "consistent", null), ((string?)record["state"], (string?)record["verdict"], record["reason"]));
        Assert.Equal(("guest-fsfreeze-freeze", "virtio-serial", "uid:5"), ((string?)record["command"], (string?)record["channel"], (string?)record["peer"]));
        Assert.Equal((900, null), ((int)record["timeout"]!, record["mountpoints"]));
        Assert.Equal(3_000_000_000, (long)record["interval"]!["nanoseconds"]!);
        Assert.Equal(("host", "uid:5"), ((string?)record["ended"]!["by"], (string?)record["ended"]!["peer"]));
        Assert.Equal([("freeze", "request", "ok"), ("thaw", "request", "ok")], record["hooks"]!.Select(hook => ((string?)hook["action"], (string?)hook["reason"], (string?)hook["result"])));
        Assert.Equal(
            [("/home", "8:1", "xfs", "agent"), ("/", "8:0", "ext4", "agent")],
            record["filesystems"]!.Select(each => ((string?)each["mountpoint"], (string?)each["device"], (string?)each["type"], (string?)each["thawed-by"])));
    }

    [Fact]
    public void Host_asks_for_one_or_for_the_last()
    {
        Guest.Mount("/");
        var agent = StartAgent(GuestCommands.Extended);
        foreach (var _ in Enumerable.Range(0, 3))
        {
            Ask(agent, "guest-fsfreeze-freeze");
            Ask(agent, "guest-fsfreeze-thaw");
        }

        var ids = Records(agent).Select(record => (string)record["id"]!).ToList();
        Assert.Equal(3, ids.Distinct().Count());
        Assert.Equal(ids.TakeLast(2), Records(agent, "{'count': 2}").Select(record => (string)record["id"]!));
        Assert.Equal(ids[0], (string?)Assert.Single(Records(agent, $"{{'id': '{ids[0]}'}}"))["id"]);
        Assert.Equal("freeze 'x' has not been found", ErrorOf(Ask(agent, Report, "{'id': 'x'}")));
    }

    [Theory]
    [InlineData("{'count': 0}")]
    [InlineData("{'count': -1}")]
    [InlineData("{'count': 33}")]
    public void Number_that_makes_no_sense_is_refused(string arguments) =>
        Assert.Equal("Parameter 'count' expects a number from 1 to 32", ErrorOf(Ask(StartAgent(GuestCommands.Extended), Report, arguments)));

    [Fact]
    public void Command_is_there_only_where_it_is_wanted()
    {
        Assert.Equal($"The command {Report} has not been found", ErrorOf(Ask(StartAgent(), Report)));
        Assert.DoesNotContain(Report, Ask(StartAgent(), "guest-info"), StringComparison.Ordinal);
        Assert.Contains($"\"name\": \"{Report}\", \"enabled\": true", Ask(StartAgent(GuestCommands.Extended), "guest-info"), StringComparison.Ordinal);
    }

    /// <summary>Unlike qemu-ga's commands it is no way out of a freeze.</summary>
    [Fact]
    public void Lists_take_it_away_while_frozen_too()
    {
        Guest.Mount("/");
        var agent = StartAgent(GuestCommands.Extended, new CommandFilter([], [Report, "guest-fsfreeze-status"]));
        Ask(agent, "guest-fsfreeze-freeze");

        Assert.Equal($"Command {Report} has been disabled: the command is not allowed", ErrorOf(Ask(agent, Report)));
        Assert.Equal("""{"return": "frozen"}""", Ask(agent, "guest-fsfreeze-status"));
        Assert.Contains($"\"name\": \"{Report}\", \"enabled\": false", Ask(agent, "guest-info"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("allow __org.qga_freeze-report,guest-fsfreeze-*", true, true)]
    [InlineData("allow @freeze", true, true)]
    [InlineData("allow guest-*", true, false)]
    [InlineData("allow __org.qga_freeze-report,guest-fsfreeze-*", false, false)]
    public void Rules_may_name_it_whether_it_is_there_or_not(string rule, bool isThere, bool isAllowed)
    {
        using var rules = new ScratchDirectory();
        rules.Write("10-x.rules", $"{rule}\n");
        var catalog = isThere ? GuestCommands.Extended : GuestCommands.Catalog;
        var policy = PolicyDirectory.Load(rules.Root, PolicyTerms.Of(catalog), PolicyClocks.System);
        Guest.Mount("/");
        var agent = StartAgent(catalog, new CommandFilter([], [], policy));
        Assert.Equal("""{"return": 1}""", Ask(agent, "guest-fsfreeze-freeze"));

        Assert.Equal(isAllowed, Ask(agent, Report).StartsWith("{\"return\"", StringComparison.Ordinal));
        Assert.Equal("""{"return": 1}""", Ask(agent, "guest-fsfreeze-thaw"));
        Assert.Equal(isAllowed, Ask(agent, Report).StartsWith("{\"return\"", StringComparison.Ordinal));
    }

    [Fact]
    public void Freeze_that_is_refused_has_a_record_and_one_that_makes_no_sense_has_none()
    {
        Guest.Mount("/");
        Guest.HookFailure = new FreezeHookException("the database is busy", wasKilled: false);
        var agent = StartAgent(GuestCommands.Extended);
        Ask(agent, "guest-fsfreeze-freeze", "{'timeout': -1}");
        Assert.Empty(Records(agent));
        Ask(agent, "guest-fsfreeze-freeze");

        var record = Assert.Single(Records(agent));
        Assert.Equal(("not consistent", "the database is busy"), ((string?)record["verdict"], (string?)record["reason"]));
        Assert.Equal(("failure", "failed"), ((string?)record["ended"]!["by"], (string?)record["hooks"]![0]!["result"]));
    }

    [Fact]
    public void Deadline_and_end_of_the_agent_are_told_apart()
    {
        Guest.Mount("/");
        var agent = StartAgent(GuestCommands.Extended);
        Ask(agent, "guest-fsfreeze-freeze", "{'timeout': 5}");
        Clock.Advance(TimeSpan.FromSeconds(5));
        Ask(agent, "guest-fsfreeze-status");
        Ask(agent, "guest-fsfreeze-freeze");
        Clock.Advance(TimeSpan.FromSeconds(1));
        agent.Tell(new FreezeProtocol.End(FreezeProtocol.WhileFrozen.Thaw), TestActor);
        ExpectMsg<FreezeProtocol.MayEnd>(TimeSpan.FromSeconds(30));

        Assert.Equal([("deadline", "consistent"), ("exit", "consistent")], Records(agent).Select(record => ((string?)record["ended"]!["by"], (string?)record["verdict"])));
    }

    [Fact]
    public void More_than_are_kept_are_forgotten()
    {
        Guest.Mount("/");
        var agent = StartAgent(GuestCommands.Extended);
        foreach (var _ in Enumerable.Range(0, FreezeLedger.Most + 3))
        {
            Ask(agent, "guest-fsfreeze-freeze");
            Ask(agent, "guest-fsfreeze-thaw");
        }

        Assert.Equal(FreezeLedger.Most, Records(agent).Count);
    }

    /// <remarks>A host can ask for any number of them, of any names.</remarks>
    [Fact]
    public void Freeze_of_names_that_mean_nothing_pushes_out_no_other_and_stays_small()
    {
        Guest.Mount("/");
        var agent = StartAgent(GuestCommands.Extended);
        Ask(agent, "guest-fsfreeze-freeze");
        Ask(agent, "guest-fsfreeze-thaw");
        var names = string.Join(',', Enumerable.Range(0, 4096).Select(number => $"\"{number}\\\"frozen-at\\\"{new string('x', 1000)}\""));
        foreach (var _ in Enumerable.Range(0, FreezeLedger.Most + 3))
            Ask(agent, "guest-fsfreeze-freeze-list", $"{{\"mountpoints\":[{names}]}}");

        var records = Records(agent);
        Assert.Equal("consistent", (string?)records[0]["verdict"]);
        Assert.InRange(records.Count, 2, 20);
        Assert.All(records, record => Assert.InRange(record.ToString().Length, 100, 64 * 1024));
        Assert.Equal(
            ("4080 more", "no filesystem on a block device goes by these mount points"),
            ((string?)records[1]["filesystems"]![16]!["mountpoint"], (string?)records[1]["filesystems"]![16]!["left-out"]));
        Assert.InRange(Guest.Lines.Count, 1, 1000);
    }

    [Fact]
    public void List_that_no_guest_can_mean_is_refused()
    {
        Guest.Mount("/");
        var names = string.Join(',', Enumerable.Range(0, 4097).Select(number => $"\"{number}\""));

        Assert.Equal(
            "Parameter 'mountpoints' names 4097 mount points, more than 4096",
            ErrorOf(Ask(StartAgent(), "guest-fsfreeze-freeze-list", $"{{\"mountpoints\":[{names}]}}")));
    }

    [Fact]
    public void Root_who_thaws_is_told_apart_from_a_host()
    {
        Guest.Mount("/");
        var agent = StartAgent(GuestCommands.Extended);
        Ask(agent, "guest-fsfreeze-freeze");
        Send(agent, "guest-fsfreeze-thaw", "{}", channel: "control").ExpectMsg<Qga.Transport.TransportProtocol.Answered>(TimeSpan.FromSeconds(30));

        Assert.Equal(("root", "control"), ((string?)Records(agent)[0]["ended"]!["by"], (string?)Records(agent)[0]["ended"]!["channel"]));
    }

    private List<JToken> Records(IActorRef agent, string arguments = "{}") => [.. JObject.Parse(Ask(agent, Report, arguments))["return"]!];
}
