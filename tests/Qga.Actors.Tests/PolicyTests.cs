using Akka.Actor;
using Newtonsoft.Json.Linq;
using Qga.Actors.Commands;
using Qga.Actors.Processes;
using Qga.Actors.Tests.Processes;
using Qga.Platform.Freeze;
using Qga.Platform.Policy;
using Qga.Platform.Policy.Reading;
using Qga.Platform.Processes;
using Qga.Testing;
using Qga.Transport.Protocol;

namespace Qga.Actors.Tests;

/// <summary>What the guest's policy does to requests.</summary>
public sealed class PolicyTests : AgentFixture
{
    private readonly ScratchDirectory _rules = new();

    protected override void AfterAll()
    {
        base.AfterAll();
        _rules.Dispose();
    }

    [Fact]
    public void Command_that_no_rule_allows_is_as_one_that_is_blocked()
    {
        var agent = StartAgent(filter: Policy("allow guest-get-time"));
        var blocked = StartAgent(filter: new CommandFilter([], ["guest-get-host-name"]));

        Assert.Equal(Ask(blocked, "guest-get-host-name"), Ask(agent, "guest-get-host-name"));
        Assert.Contains("{\"name\": \"guest-get-host-name\", \"enabled\": false,", Ask(agent, "guest-info"), StringComparison.Ordinal);
        Assert.Contains("{\"name\": \"guest-get-time\", \"enabled\": true,", Ask(agent, "guest-info"), StringComparison.Ordinal);
        Assert.StartsWith("{\"return\"", Ask(agent, "guest-get-time"), StringComparison.Ordinal);
    }

    [Fact]
    public void Refusal_for_arguments_names_the_rule()
    {
        var agent = StartAgent(filter: Policy("deny guest-file-open mode=w\nallow guest-file-open mode=r"));

        Assert.Equal("refused by the guest's policy (10-x.rules:1)", ErrorOf(Ask(agent, "guest-file-open", """{"path":"/x","mode":"wb"}""")));
        Assert.Equal("refused by the guest's policy (no rule holds, 10-x.rules:2 is the last)", ErrorOf(Ask(agent, "guest-file-open", """{"path":"/x","mode":"a"}""")));
        Assert.Contains("{\"name\": \"guest-file-open\", \"enabled\": true,", Ask(agent, "guest-info"), StringComparison.Ordinal);
        Assert.Empty(Files.Opened);
        Assert.StartsWith("{\"return\"", Ask(agent, "guest-file-open", """{"path":"/x","mode":"rb"}"""), StringComparison.Ordinal);
    }

    [Fact]
    public void File_is_decided_of_where_it_is_opened()
    {
        var agent = StartAgent(filter: Policy("deny_audit guest-file-open path=/etc/shadow\nallow guest-file-open path=/etc/**"));

        Assert.Equal("refused by the guest's policy (10-x.rules:1)", ErrorOf(Ask(agent, "guest-file-open", """{"path":"/etc/../etc/shadow"}""")));
        Assert.StartsWith("{\"return\"", Ask(agent, "guest-file-open", """{"path":"/etc/passwd"}"""), StringComparison.Ordinal);
        Assert.Equal(["/etc/passwd"], Files.Opened.Keys);
        Assert.Equal(
            ["guest-file-open called, filepath: /etc/../etc/shadow, mode: r, refused, rule 10-x.rules:1", "guest-file-open called, filepath: /etc/passwd, mode: r",
                "guest-file-open, handle: 1000"],
            Audit.Lines);
    }

    [Fact]
    public void Lists_win_over_rules()
    {
        var agent = StartAgent(filter: new CommandFilter([], ["guest-get-time"], PolicyOf("allow *")));

        Assert.Equal("Command guest-get-time has been disabled: the command is not allowed", ErrorOf(Ask(agent, "guest-get-time")));
    }

    [Fact]
    public void What_is_never_lost_is_there_whatever_rules_say()
    {
        var agent = StartAgent(filter: Policy("deny *"));

        Assert.Equal("""{"return": {}}""", Ask(agent, "guest-ping"));
        Assert.Equal("""{"return": "thawed"}""", Ask(agent, "guest-fsfreeze-status"));
        Assert.Equal("""{"return": 0}""", Ask(agent, "guest-fsfreeze-thaw"));
    }

    [Fact]
    public void Record_names_the_rule_that_wants_it()
    {
        var agent = StartAgent(filter: Policy("allow_audit guest-ping,guest-get-time\ndeny_audit guest-shutdown mode-of-shutdown=halt\nallow guest-shutdown,guest-exec\ndeny_audit *"));

        Ask(agent, "guest-ping");
        Ask(agent, "guest-get-time");
        Ask(agent, "guest-shutdown", """{"mode":"halt"}""");
        Ask(agent, "guest-exec", """{"path":"/bin/x","arg":["secret"]}""");
        Ask(agent, "guest-set-time");

        Assert.Equal(
            ["guest-ping called, rule 10-x.rules:1", "guest-get-time called, rule 10-x.rules:1", "guest-shutdown called, mode: halt, refused, rule 10-x.rules:2",
                "guest-exec called: \"/bin/x secret\"", "guest-set-time called, refused, rule 10-x.rules:4"],
            Audit.Lines);
    }

    [Fact]
    public void Policy_that_is_not_enforced_refuses_nothing()
    {
        var agent = StartAgent(filter: new CommandFilter([], [], PolicyOf("deny_audit guest-get-time\nallow guest-file-open path=/srv/**").Under(isEnforced: false)));

        Assert.StartsWith("{\"return\"", Ask(agent, "guest-get-time"), StringComparison.Ordinal);
        Assert.StartsWith("{\"return\"", Ask(agent, "guest-file-open", """{"path":"/etc/passwd"}"""), StringComparison.Ordinal);
        Assert.DoesNotContain("\"enabled\": false", Ask(agent, "guest-info"), StringComparison.Ordinal);
        Assert.Equal("guest-get-time called, not enforced, rule 10-x.rules:1", Audit.Lines[0]);
    }

    [Fact]
    public void Policy_that_cant_be_used_says_so_in_every_refusal()
    {
        var fault = new PolicyException("/etc/rules.d/10-x.rules", 3, "there is no command 'x'");
        var agent = StartAgent(filter: new CommandFilter([], [], GuestPolicy.Unusable(PolicyTerms.Of(GuestCommands.Catalog), "/etc/rules.d", fault)));

        Assert.Equal(
            "Command guest-get-time has been disabled: the command is not allowed: the guest's policy can't be used: 10-x.rules:3: there is no command 'x'",
            ErrorOf(Ask(agent, "guest-get-time")));
        Assert.Contains("CommandNotFound", Ask(agent, "guest-get-time"), StringComparison.Ordinal);
        Assert.Equal("""{"return": {}}""", Ask(agent, "guest-ping"));
    }

    [Fact]
    public void Rules_that_change_count_from_the_next_request_on()
    {
        var agent = StartAgent(filter: Policy("allow guest-get-time"));
        agent.Tell(new CommandProtocol.Reconfigure(Policy("deny guest-get-time"), new FreezeExclusions([])));

        Assert.Contains("has been disabled", ErrorOf(Ask(agent, "guest-get-time")), StringComparison.Ordinal);
        agent.Tell(new CommandProtocol.Reconfigure(new CommandFilter([], []), new FreezeExclusions([])));
        Assert.StartsWith("{\"return\"", Ask(agent, "guest-get-time"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("uid:0", "uid:65534")]
    [InlineData("uid:0", null)]
    [InlineData(null, "uid:0")]
    [InlineData("virtio", "cid:2")]
    public void Handle_belongs_to_who_has_opened_the_file(string? owner, string? other)
    {
        var agent = StartAgent(filter: Policy("allow *"));
        Assert.Equal("""{"return": 1000}""", Ask(agent, "guest-file-open", """{"path":"/etc/passwd"}""", owner));

        Assert.All(
            (string[])["guest-file-read", "guest-file-flush", "guest-file-close"],
            command => Assert.Equal("handle '1000' has not been found", ErrorOf(Ask(agent, command, """{"handle":1000}""", other))));
        Assert.StartsWith("{\"return\"", Ask(agent, "guest-file-close", """{"handle":1000}""", owner), StringComparison.Ordinal);
    }

    [Fact]
    public void Process_belongs_to_who_has_started_it_also_under_the_next_agent()
    {
        var before = new FakeProcess(70, new ProcessStart("x", [], null, null, default)) { Requester = new Requester("uid:7") };
        Processes.Before.Add(before);
        Processes.Before.Add(new FakeProcess(71, before.Start));
        var agent = StartAgent(filter: Policy("allow *"));
        var process = (int)JObject.Parse(Ask(agent, "guest-exec", """{"path":"x"}""", "uid:7"))["return"]!["pid"]!;
        Assert.Equal(new Requester("uid:7"), Processes.All[0].Start.Requester);
        Time.Advance(ProcessesActor.PromptTime);

        foreach (var pid in (int[])[process, 70])
        {
            Assert.Equal($"PID {pid} does not exist", ErrorOf(Ask(agent, "guest-exec-status", $"{{'pid': {pid}}}", "uid:8")));
            Assert.StartsWith("{\"return\"", Ask(agent, "guest-exec-status", $"{{'pid': {pid}}}", "uid:7"), StringComparison.Ordinal);
        }

        Assert.StartsWith("{\"return\"", Ask(agent, "guest-exec-status", "{'pid': 71}", "uid:8"), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_policy_that_is_enforced_handles_are_everybodys()
    {
        foreach (var filter in (CommandFilter[])[new([], []), new([], [], PolicyOf("allow *").Under(isEnforced: false))])
        {
            var agent = StartAgent(filter: filter);
            var handle = (long)JObject.Parse(Ask(agent, "guest-file-open", """{"path":"/etc/passwd"}""", "uid:0"))["return"]!;
            Assert.StartsWith("{\"return\"", Ask(agent, "guest-file-close", $"{{'handle': {handle}}}", "uid:1"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Guest_info_is_told_for_who_asks()
    {
        var agent = StartAgent(filter: Policy("allow guest-get-time peer=uid:0\ndeny guest-exec peer=uid:1\nallow guest-exec"));

        Assert.Equal((true, true), EnabledFor("uid:0"));
        Assert.Equal((false, false), EnabledFor("uid:1"));
        Assert.Equal((false, true), EnabledFor("uid:2"));
        Assert.Equal((false, false), EnabledFor(null));
        Assert.Equal("Command guest-get-time has been disabled: the command is not allowed", ErrorOf(Ask(agent, "guest-get-time", peer: "uid:1")));
        Assert.StartsWith("{\"return\"", Ask(agent, "guest-get-time", peer: "uid:0"), StringComparison.Ordinal);

        (bool Time, bool Exec) EnabledFor(string? peer)
        {
            var commands = JObject.Parse(Ask(agent, "guest-info", peer: peer))["return"]!["supported_commands"]!.ToDictionary(command => $"{command["name"]}");
            return ((bool)commands["guest-get-time"]["enabled"]!, (bool)commands["guest-exec"]["enabled"]!);
        }
    }

    [Fact]
    public void Decision_that_takes_time_is_made_on_a_worker()
    {
        var agent = StartAgent(filter: Policy("deny_audit guest-exec arg1=^(x|y)z*$\nallow guest-exec arg1=^a+$\ndeny guest-set-user-password keys-of=root\nallow *"));

        Assert.Equal("refused by the guest's policy (10-x.rules:1)", ErrorOf(Ask(agent, "guest-exec", """{"path":"/x","arg":["xz"]}""")));
        Assert.StartsWith("{\"return\"", Ask(agent, "guest-exec", """{"path":"/x","arg":["aa"]}"""), StringComparison.Ordinal);
        Assert.Equal(
            "refused by the guest's policy (10-x.rules:3)",
            ErrorOf(Ask(agent, "guest-set-user-password", """{"username":"root","password":"YQ==","crypted":false}""")));
        Assert.Empty(GuestAccounts.Calls);
        Assert.StartsWith(
            "{\"return\"", Ask(agent, "guest-set-user-password", """{"username":"nobody","password":"YQ==","crypted":false}"""), StringComparison.Ordinal);
        Assert.Single(Processes.All);
        Assert.Null(Processes.All[0].Start.Judge);
        Assert.Equal(["guest-exec called: \"/x xz\", refused, rule 10-x.rules:1", "guest-exec called: \"/x aa\""], Audit.Lines);
    }

    [Theory]
    [InlineData(null, 60)]
    [InlineData(30, 30)]
    [InlineData(90, 60)]
    [InlineData(0, 60)]
    public void Guest_stays_frozen_no_longer_than_its_setting(int? asked, int seconds)
    {
        var arguments = asked is null ? "{}" : $"{{'timeout': {asked}}}";
        Guest.Mount("/");
        var agent = StartAgent(filter: Policy("allow *"), timeout: TimeSpan.FromMinutes(1));
        Assert.StartsWith("{\"return\"", Ask(agent, "guest-fsfreeze-freeze", arguments), StringComparison.Ordinal);
        AwaitHandled(agent, "freeze");
        var span = Freeze.Facts.Frozen!;
        Assert.Equal(TimeSpan.FromSeconds(seconds), span.Until - span.Since);

        Ask(agent, "guest-fsfreeze-thaw");
    }

    [Theory]
    [InlineData("guest-file-read size<=10", "guest-file-read", """{"handle":1,"count":11}""")]
    [InlineData("guest-file-write size<=2", "guest-file-write", """{"handle":1,"buf-b64":"YWJj"}""")]
    [InlineData("guest-exec size<=2", "guest-exec", """{"path":"/x","input-data":"YWJj"}""")]
    [InlineData("guest-exec arg1=a", "guest-exec", """{"path":"/x","arg":["b"]}""")]
    [InlineData("guest-exec env=A", "guest-exec", """{"path":"/x","env":["B=1"]}""")]
    [InlineData("guest-set-user-password keys-of=bob", "guest-set-user-password", """{"username":"root","password":"YQ==","crypted":false}""")]
    [InlineData("guest-ssh-add-authorized-keys keys-of=bob", "guest-ssh-add-authorized-keys", """{"username":"root","keys":["k"]}""")]
    [InlineData("guest-ssh-get-authorized-keys keys-of=bob", "guest-ssh-get-authorized-keys", """{"username":"root"}""")]
    [InlineData("guest-ssh-remove-authorized-keys keys-of=bob", "guest-ssh-remove-authorized-keys", """{"username":"root","keys":["k"]}""")]
    [InlineData("guest-shutdown mode-of-shutdown=reboot", "guest-shutdown", "{}")]
    [InlineData("guest-fsfreeze-freeze mountpoints=/data", "guest-fsfreeze-freeze", "{}")]
    [InlineData("guest-fsfreeze-freeze-list mountpoints=/data", "guest-fsfreeze-freeze-list", """{"mountpoints":["/data","/"]}""")]
    public void Condition_sees_the_argument_that_it_is_about(string rule, string command, string arguments) => Assert.Equal(
        "refused by the guest's policy (no rule holds, 10-x.rules:1 is the last)", ErrorOf(Ask(StartAgent(filter: Policy($"allow {rule}")), command, arguments)));

    [Theory]
    [InlineData("", 0)]
    [InlineData("YQ==", 1)]
    [InlineData("YWI=", 2)]
    [InlineData("YWJj", 3)]
    [InlineData("YW\nJj\n", 3)]
    [InlineData("YWJjZ", 3)]
    [InlineData("A===", 1)]
    [InlineData("QUJD====", 4)]
    public void Size_is_that_of_the_decoded_bytes(string text, int size) => Assert.Equal(size, LaxBase64.DecodedLength(TransferBuffer.Of(text).Memory.Span));

    private CommandFilter Policy(string rules) => new([], [], PolicyOf(rules));

    private GuestPolicy PolicyOf(string rules)
    {
        _rules.Write("10-x.rules", rules);
        return PolicyDirectory.Load(_rules.Root, PolicyTerms.Of(GuestCommands.Catalog), PolicyClocks.System)!;
    }
}
