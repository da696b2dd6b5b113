using Akka.Actor;
using Qga.Actors.Commands;
using Qga.Actors.Tests.Processes;
using Qga.Platform;
using Qga.Platform.Audit;
using Qga.Platform.Policy;
using Qga.Platform.Policy.Reading;
using Qga.Platform.Processes;
using Qga.Testing;
using Qga.Transport;
using Qga.Transport.Activity;

namespace Qga.Actors.Tests;

/// <summary>Which requests the audit has, and what it has of them.</summary>
public sealed class AuditTests : AgentFixture
{
    private readonly ScratchDirectory _rules = new();
    private readonly ActivityLog _activity = new();

    public AuditTests() => Audit.TakesRecords = true;

    protected override void AfterAll()
    {
        base.AfterAll();
        _rules.Dispose();
    }

    [Theory]
    [InlineData("guest-exec", """{"path":"/x","arg":["a","b"],"env":["A=1","B"],"input-data":"YWJj"}""", "path=/x argc=3 env=A", "bytes=3 pid=5000")]
    [InlineData("guest-file-open", """{"path":"/x","mode":"wb"}""", "path=/x mode=wb", "handle=1000")]
    [InlineData("guest-set-user-password", """{"username":"bob","password":"YQ==","crypted":false}""", "user=bob", "")]
    [InlineData("guest-ssh-add-authorized-keys", """{"username":"bob","keys":["k"]}""", "user=bob", "")]
    [InlineData("guest-ssh-remove-authorized-keys", """{"username":"bob","keys":["k"]}""", "user=bob", "")]
    [InlineData("guest-shutdown", "{}", "mode=powerdown", "")]
    [InlineData("guest-shutdown", """{"mode":"halt"}""", "mode=halt", "")]
    [InlineData("guest-suspend-ram", "{}", "", "")]
    [InlineData("guest-suspend-disk", "{}", "", "")]
    [InlineData("guest-suspend-hybrid", "{}", "", "")]
    [InlineData("guest-set-time", """{"time":1000000000}""", "time=1000000000", "")]
    [InlineData("guest-set-vcpus", """{"vcpus":[]}""", "online= offline=", "")]
    [InlineData("guest-set-memory-blocks", """{"mem-blks":[{"phys-index":3,"online":true}]}""", "online=3 offline=", "")]
    [InlineData("guest-fstrim", "{}", "minimum=0", "")]
    [InlineData("guest-fsfreeze-freeze-list", """{"mountpoints":["/a","/b"],"timeout":5}""", "mountpoints=/a,/b timeout=5", "")]
    [InlineData("guest-fsfreeze-thaw", "{}", "", "")]
    public void Request_that_changes_something_is_recorded(string command, string arguments, string what, string more)
    {
        var record = Assert.Single(Run(StartAgent(), command, arguments));

        var head = $"channel=virtio-serial peer=uid:5 command={command} {(what.Length == 0 ? "" : $"what={what} ")}decision=allow result=ok duration-us=";
        var members = record.Members.ToString();
        Assert.StartsWith(head, members, StringComparison.Ordinal);
        Assert.Matches($"^[0-9]+ begin=0{(more.Length == 0 ? "" : " ")}{more}$", members[head.Length..]);
        Assert.Equal(AuditKind.Request, record.Kind);
        Assert.Equal(what.Length == 0 ? $"{command}: ok" : $"{command} {what}: ok", record.Text);
    }

    [Fact]
    public void Write_is_recorded_with_what_was_written_and_a_read_is_not()
    {
        var agent = StartAgent();
        Run(agent, "guest-file-open", """{"path":"/x","mode":"r+"}""");
        Audit.Records.Clear();

        Assert.EndsWith("bytes=3", Assert.Single(Run(agent, "guest-file-write", """{"handle":1000,"buf-b64":"YWJj"}""")).Members.ToString(), StringComparison.Ordinal);
        Audit.Records.Clear();
        foreach (var command in new[] { "guest-file-read", "guest-file-flush", "guest-file-close" })
            Assert.Empty(Run(agent, command, """{"handle":1000}"""));
    }

    [Theory]
    [InlineData("guest-ping", "{}")]
    [InlineData("guest-info", "{}")]
    [InlineData("guest-get-osinfo", "{}")]
    [InlineData("guest-file-open", """{"path":"/x"}""")]
    [InlineData("guest-exec-status", """{"pid":1}""")]
    [InlineData("guest-ssh-get-authorized-keys", """{"username":"bob"}""")]
    [InlineData("guest-exec", "{}")]
    [InlineData("nonsense", "{}")]
    public void Request_that_changes_nothing_is_not(string command, string arguments) => Assert.Empty(Run(StartAgent(), command, arguments));

    [Fact]
    public void Nothing_is_made_where_nothing_takes_records()
    {
        Audit.TakesRecords = false;
        var record = Begin("guest-exec");
        var client = Send(StartAgent(), "guest-exec", """{"path":"/x"}""", record);
        record.End(client.ExpectMsg<TransportProtocol.Answered>(TimeSpan.FromSeconds(30)).Response);

        Assert.Empty(Audit.Records);
        Assert.Equal(["guest-exec called: \"/x\""], Audit.Lines);
    }

    [Fact]
    public void Error_is_recorded_with_its_text()
    {
        Processes.Failure = new PlatformException("Failed to execute child process “/x” (No such file or directory)");
        var record = Assert.Single(Run(StartAgent(), "guest-exec", """{"path":"/x"}"""));

        Assert.Contains("result=error error=Failed to execute child process “/x” (No such file or directory) duration", record.Members.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Rule_has_what_changes_nothing_recorded_and_names_itself()
    {
        var agent = StartAgent(filter: Policy("allow_audit guest-get-time,guest-file-open\nallow *"));

        Assert.Contains("decision=allow rule=10-x.rules:1 result=ok", Assert.Single(Run(agent, "guest-get-time")).Members.ToString(), StringComparison.Ordinal);
        Assert.Equal(2, Run(agent, "guest-file-open", """{"path":"/x"}""").Count);
        Assert.Equal(2, Run(agent, "guest-ping").Count);
        Assert.Contains("decision=allow rule=10-x.rules:2", Run(agent, "guest-shutdown")[2].Members.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Values_of_arguments_are_recorded_only_where_a_rule_says_so()
    {
        var agent = StartAgent(filter: Policy("allow guest-exec arg1=a arg2=b log=args\nallow guest-exec"));

        Assert.Contains("argc=3 args=a,b", Run(agent, "guest-exec", """{"path":"/x","arg":["a","b"]}""")[0].Members.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("args", Run(agent, "guest-exec", """{"path":"/x","arg":["b","a"]}""")[1].Members.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Refusal_is_recorded_if_a_rule_says_so()
    {
        var agent = StartAgent(filter: Policy("deny_audit guest-shutdown mode-of-shutdown=halt\ndeny guest-shutdown mode-of-shutdown=reboot\nallow guest-shutdown\ndeny_audit guest-exec\ndeny *"));
        Run(agent, "guest-shutdown", """{"mode":"halt"}""");
        Run(agent, "guest-shutdown", """{"mode":"reboot"}""");
        Run(agent, "guest-exec", """{"path":"/x"}""");
        Run(agent, "guest-set-time");

        Assert.Equal(
            ["guest-shutdown mode=halt: refused: refused by the guest's policy (10-x.rules:1)", "guest-exec: refused: Command guest-exec has been disabled: the command is not allowed"],
            Recorded.Select(record => record.Text));
        Assert.All(Recorded, record => Assert.Contains("decision=deny rule=10-x.rules:", record.Members.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void Refusal_for_a_file_is_recorded_with_where_its_path_led()
    {
        var agent = StartAgent(filter: Policy("deny_audit guest-file-open path=/etc/shadow\nallow guest-file-open path=/etc/**"));

        Assert.StartsWith(
            "guest-file-open path=/etc/../etc/shadow mode=r resolved=/etc/shadow: refused:",
            Assert.Single(Run(agent, "guest-file-open", """{"path":"/etc/../etc/shadow"}""")).Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_would_be_refused_is_recorded_where_rules_are_not_enforced()
    {
        var agent = StartAgent(filter: new CommandFilter([], [], PolicyOf("deny guest-get-time\nallow *").Under(isEnforced: false)));

        Assert.Matches("decision=deny rule=10-x.rules:1 result=ok duration-us=[0-9]+ enforced=False", Assert.Single(Run(agent, "guest-get-time")).Members.ToString());
    }

    [Fact]
    public void Command_that_does_not_come_back_is_recorded_as_overdue()
    {
        GuestAccounts.Gates["bob"] = new ManualResetEventSlim();
        var record = Begin("guest-ssh-add-authorized-keys");
        var client = Send(StartAgent(), record.Command, """{"username":"bob","keys":[]}""", record);
        Eventually.True(() =>
        {
            Time.Advance(TimeSpan.FromSeconds(31));
            return client.HasMessages;
        });
        record.End(client.ExpectMsg<TransportProtocol.Answered>().Response);
        GuestAccounts.Gates["bob"].Set();

        Assert.Contains(
            "what=user=bob decision=allow result=overdue error=guest-ssh-add-authorized-keys has not finished within 30 s",
            Assert.Single(Recorded).Members.ToString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void End_of_a_program_is_recorded_behind_its_start()
    {
        var agent = StartAgent();
        Run(agent, "guest-exec", """{"path":"/x"}""");
        Processes.All[0].Exit(3);
        AwaitHandled(agent, "processes");

        Assert.Matches("^command=guest-exec pid=5000 exit-code=3 duration-us=[0-9]+ request=0$", Recorded[1].Members.ToString());
        Assert.Equal(AuditKind.ProgramEnd, Recorded[1].Kind);
    }

    [Fact]
    public void Program_that_ends_before_its_start_is_answered_is_recorded_in_order()
    {
        var agent = StartAgent();
        var record = Begin("guest-exec");
        var client = Send(agent, "guest-exec", """{"path":"/x"}""", record);
        var answer = client.ExpectMsg<TransportProtocol.Answered>(TimeSpan.FromSeconds(30)).Response;
        Processes.All[0].Exit(0);
        AwaitHandled(agent, "processes");
        Assert.Empty(Recorded);
        record.End(answer);

        Assert.Equal([AuditKind.Begin, AuditKind.Request, AuditKind.ProgramEnd], Audit.Records.Select(each => each.Kind));
    }

    [Fact]
    public void Start_that_was_given_up_is_recorded_and_the_end_of_its_program_too()
    {
        Processes.Gate = new ManualResetEventSlim();
        var agent = StartAgent();
        var record = Begin("guest-exec");
        var client = Send(agent, "guest-exec", """{"path":"/x"}""", record);
        Eventually.True(() => Processes.Begun == 1);
        record.GiveUp();
        Processes.Gate.Set();
        client.ExpectMsg<TransportProtocol.Answered>(TimeSpan.FromSeconds(30));
        Processes.All[0].Exit(0);
        AwaitHandled(agent, "processes");

        Assert.Contains("result=given up", Recorded[0].Members.ToString(), StringComparison.Ordinal);
        Assert.Contains("pid=5000", Recorded[1].Members.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void End_of_a_program_of_an_agent_before_is_recorded()
    {
        var before = new FakeProcess(77, new ProcessStart("/x", [], Environment: null, Input: null, OutputCapture.None));
        Processes.Before.Add(before);
        var agent = StartAgent();
        before.Exit(1);
        AwaitHandled(agent, "processes");

        Assert.Equal("command=guest-exec pid=77 exit-code=1 inherited=True", Assert.Single(Audit.Records).Members.ToString());
    }

    /// <remarks>It may be the end of the agent, or of the guest.</remarks>
    [Theory]
    [InlineData("guest-exec", """{"path":"/x","arg":["s3cr3t"],"env":["A=s3cr3t"]}""", "what=path=/x argc=2 env=A")]
    [InlineData("guest-shutdown", "{}", "what=mode=powerdown")]
    [InlineData("guest-file-open", """{"path":"/x","mode":"w"}""", "what=path=/x mode=w")]
    public void What_changes_something_is_recorded_before_it_is_carried_out(string command, string arguments, string what)
    {
        Processes.Gate = new ManualResetEventSlim();
        var record = Begin(command);
        var client = Send(StartAgent(), command, arguments, record);
        Eventually.True(() => Audit.Records.Count == 1);
        Assert.Equal(AuditKind.Begin, Audit.Records[0].Kind);
        Assert.Equal($"channel=virtio-serial peer=uid:5 command={command} {what}", Audit.Records[0].Members.ToString());
        Assert.Equal($"{command} {what[5..]}: begins", Audit.Records[0].Text);

        Processes.Gate.Set();
        record.End(client.ExpectMsg<TransportProtocol.Answered>(TimeSpan.FromSeconds(30)).Response);
        Assert.Contains(" begin=0", Audit.Records[1].Members.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void End_of_a_program_is_recorded_once_whichever_agent_hears_of_it()
    {
        var start = new ProcessStart("/x", [], Environment: null, Input: null, OutputCapture.None);
        FakeProcess told = new(77, start) { WasEndRecorded = true }, untold = new(78, start);
        Processes.Before.AddRange([told, untold]);
        var agent = StartAgent();
        told.Exit(1);
        untold.Exit(2);
        AwaitHandled(agent, "processes");

        Assert.Equal("command=guest-exec pid=78 exit-code=2 inherited=True", Assert.Single(Audit.Records).Members.ToString());
        Assert.Equal((false, true), (told.IsEndRecorded, untold.IsEndRecorded));
    }

    [Fact]
    public void Client_that_is_faster_than_its_records_are_written_waits_and_a_freeze_does_not()
    {
        var agent = StartAgent();
        Audit.IsBehind = true;
        var client = Send(agent, "guest-exec", """{"path":"/x"}""", Begin("guest-exec"));
        Run(agent, "guest-fsfreeze-freeze");
        Run(agent, "guest-fsfreeze-thaw");
        Assert.False(client.HasMessages);
        Assert.Empty(Processes.All);

        Audit.IsBehind = false;
        Eventually.True(() =>
        {
            Time.Advance(TimeSpan.FromMilliseconds(10));
            return client.HasMessages;
        });
        Assert.Single(Processes.All);
    }

    [Fact]
    public void Refusals_are_counted()
    {
        var tally = new PolicyTally();
        Assert.Equal((0, 0), (tally.Refused, tally.Tolerated));
        tally.Count(isEnforced: true);
        tally.Count(isEnforced: false);
        tally.Count(isEnforced: false);

        Assert.Equal((1, 2), (tally.Refused, tally.Tolerated));
    }

    private RequestRecord Begin(string command) => _activity.Open(() => "peer", "virtio-serial").Begin(command);

    /// <summary>Has a request carried out and answered, and gives all that was recorded by then.</summary>
    private List<AuditRecord> Run(IActorRef agent, string command, string arguments = "{}")
    {
        var record = Begin(command);
        var client = Send(agent, command, arguments, record);
        record.End(client.ExpectMsg<TransportProtocol.Answered>(TimeSpan.FromSeconds(30)).Response);
        return Recorded;
    }

    /// <summary>Without the freezes, and what is recorded beforehand.</summary>
    private List<AuditRecord> Recorded => [.. Audit.Records.Where(each => each.Kind != AuditKind.Freeze && each.Kind != AuditKind.Begin)];

    private CommandFilter Policy(string rules) => new([], [], PolicyOf(rules));

    private GuestPolicy PolicyOf(string rules)
    {
        _rules.Write("10-x.rules", rules);
        return PolicyDirectory.Load(_rules.Root, PolicyTerms.Of(GuestCommands.Catalog), PolicyClocks.System)!;
    }
}
