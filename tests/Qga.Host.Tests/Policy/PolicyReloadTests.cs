using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Host.Tests.Policy;

/// <summary>When rules can't be used, and when they change.</summary>
public sealed class PolicyReloadTests
{
    private const string Time = """{"execute":"guest-get-time"}""";

    [Fact]
    public void Rules_that_cant_be_used_refuse_all_that_can_be_refused()
    {
        using var lab = new PolicyLab("allow *\n\nallow guest-pong");

        var answer = JObject.Parse(lab.Ask(Time))["error"]!;
        Assert.Equal("CommandNotFound", (string?)answer["class"]);
        Assert.EndsWith("10-lab.rules:3: there is no command 'guest-pong'", (string?)answer["desc"], StringComparison.Ordinal);
        Assert.Equal(Qmp.Pong, lab.Ask(Qmp.Ping));
        Assert.Equal(
            ["guest-fsfreeze-status", "guest-fsfreeze-thaw", "guest-info", "guest-ping", "guest-sync", "guest-sync-delimited"], Enabled(lab).Order(StringComparer.Ordinal));
        lab.Agent.AwaitOutput($"{lab.PathOf("rules/10-lab.rules")}:3: there is no command 'guest-pong'");
        Assert.EndsWith("10-lab.rules:3: there is no command 'guest-pong'", (string?)Status(lab)["policy"]!["fault"], StringComparison.Ordinal);

        lab.WriteRules("allow *");
        lab.Reload();
        Qmp.Return(lab.Ask(Time));
    }

    [Theory]
    [InlineData("rules")]
    [InlineData("rules/10-lab.rules")]
    public void Rules_that_others_could_write_are_none(string name)
    {
        using var lab = new PolicyLab("allow *");
        File.SetUnixFileMode(lab.PathOf(name), File.GetUnixFileMode(lab.PathOf(name)) | UnixFileMode.OtherWrite);

        Assert.Contains("is writable by group or others", lab.Ask(Time), StringComparison.Ordinal);
        Assert.Equal(Qmp.Pong, lab.Ask(Qmp.Ping));
    }

    [Fact]
    public void Reload_keeps_the_rules_if_the_new_ones_cant_be_used_or_are_gone()
    {
        using var lab = new PolicyLab("allow guest-get-host-name");
        Assert.Contains("CommandNotFound", lab.Ask(Time), StringComparison.Ordinal);

        lab.WriteRules("allow everything");
        lab.Reload();
        AssertKept("there is no command 'everything'");
        File.Delete(lab.PathOf("rules/10-lab.rules"));
        lab.Reload();
        AssertKept("there are no rules any more: only a start takes that for their removal");
        Directory.Delete(lab.PathOf("rules"));
        lab.Reload();
        AssertKept("No such file or directory");

        Directory.CreateDirectory(lab.PathOf("rules"));
        lab.WriteRules("allow guest-get-time");
        lab.Reload();
        Qmp.Return(lab.Ask(Time));
        lab.Agent.AwaitOutput("guest-get-time was disabled and is allowed now");

        lab.WriteSettings("policy-mode=off");
        lab.Reload();
        Assert.Equal(43, Enabled(lab).Count());

        void AssertKept(string reason)
        {
            lab.Agent.AwaitOutput(reason);
            lab.Agent.AwaitOutput("the policy stays as it was");
            Assert.Contains("CommandNotFound", lab.Ask(Time), StringComparison.Ordinal);
            Qmp.Return(lab.Ask("""{"execute":"guest-get-host-name"}"""));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("policy-mode=off")]
    public void First_rules_that_cant_be_used_refuse_all_that_can_be_refused(string settings)
    {
        using var lab = new PolicyLab("allow everything", settings);
        if (settings.Length == 0)
            File.Move(lab.PathOf("rules/10-lab.rules"), lab.PathOf("10-lab.rules"));
        Qmp.Return(lab.Ask(Time));

        if (settings.Length == 0)
            File.Move(lab.PathOf("10-lab.rules"), lab.PathOf("rules/10-lab.rules"));
        lab.WriteSettings("");
        lab.Reload();
        Assert.Contains("10-lab.rules:1: there is no command 'everything'", lab.Ask(Time), StringComparison.Ordinal);
        Assert.Equal(Qmp.Pong, lab.Ask(Qmp.Ping));
        Assert.EndsWith("there is no command 'everything'", (string?)Status(lab)["policy"]!["fault"], StringComparison.Ordinal);

        lab.WriteRules("allow *");
        lab.Reload();
        Qmp.Return(lab.Ask(Time));
    }

    [ToolFact(NeedsRoot = true)]
    public void Rules_that_were_not_taken_are_told_of_until_others_are()
    {
        using var lab = new PolicyLab("allow guest-get-time rate=2/day");
        Qmp.Return(lab.Ask(Time));
        var digest = (string?)Status(lab)["policy"]!["digest"];

        lab.WriteRules("allow everything");
        lab.Reload();
        Assert.EndsWith("10-lab.rules:1: there is no command 'everything'", (string?)Status(lab)["policy"]!["rejected"], StringComparison.Ordinal);
        Assert.Equal(digest, (string?)Status(lab)["policy"]!["digest"]);

        // As many rules as before, and the rate has counted on.
        lab.WriteRules("allow guest-get-time rate=2/day # as before");
        lab.Reload();
        Assert.Null(Status(lab)["policy"]!["rejected"]);
        Assert.Equal(digest, (string?)Status(lab)["policy"]!["digest"]);
        Qmp.Return(lab.Ask(Time));
        Assert.True(PolicyLab.IsRefused(lab.Ask(Time)));
        lab.WriteRules("allow guest-get-time");
        lab.Reload();
        Assert.NotEqual(digest, (string?)Status(lab)["policy"]!["digest"]);
    }

    [Fact]
    public async Task Rules_that_change_while_requests_run_are_the_old_ones_or_the_new()
    {
        using var lab = new PolicyLab("allow guest-file-open path=ROOT/open/**\nallow guest-file-close");
        Assert.True(PolicyLab.IsRefused(lab.Open("shut/secret")));
        using var over = new CancellationTokenSource();
        var changer = Task.Run(() =>
        {
            for (var turn = 0; !over.IsCancellationRequested; turn++)
            {
                lab.WriteRules(turn % 2 == 0 ? "deny guest-file-open path=ROOT/open/**\nallow *" : "allow guest-file-open path=ROOT/open/**\nallow guest-file-close");
                lab.Reload();
            }
        });

        for (var time = 0; time < 1000; time++)
        {
            var answer = lab.Open("open/file");
            if (answer.Contains("return", StringComparison.Ordinal))
                Qmp.Return(lab.Ask(Qmp.Close((long)Qmp.Return(answer))));
            else
                Assert.Equal("refused by the guest's policy (10-lab.rules:1)", Qmp.Error(answer));
        }

        await over.CancelAsync();
        await changer;
    }

    [Fact]
    public void Lists_win_over_rules()
    {
        using var lab = new PolicyLab("allow *");
        File.AppendAllText(lab.Configuration, "[general]\nblock-rpcs=guest-get-time\n");

        Assert.Contains("Command guest-get-time has been disabled: the command is not allowed", lab.Ask(Time), StringComparison.Ordinal);
        Assert.Equal(42, Enabled(lab).Count());
    }

    [Fact]
    public void Rules_that_are_not_enforced_are_told_of_in_the_log()
    {
        using var lab = new PolicyLab("deny guest-get-time\nallow guest-file-open path=ROOT/open/**\nallow @exec", "policy-mode=audit-only");

        Qmp.Return(lab.Ask(Time));
        Qmp.Return(lab.Open("shut/secret"));
        Assert.Equal(43, Enabled(lab).Count());
        lab.Agent.AwaitOutput("guest-get-time would be refused by the guest's policy (10-lab.rules:1), which is not enforced");
        lab.Agent.AwaitOutput("guest-file-open would be refused by the guest's policy (no rule holds, 10-lab.rules:2 is the last), which is not enforced");
    }

    [Fact]
    public void Status_and_check_tell_what_is_limited_and_by_which_file()
    {
        using var lab = new PolicyLab("deny guest-get-time\nallow guest-file-open mode=r\nallow guest-get-*");

        var status = Status(lab);
        Assert.Equal(("enforce", 3, lab.PathOf("rules/10-lab.rules")), ((string?)status["policy"]!["mode"], (int)status["policy"]!["rules"]!, (string?)status["policy"]!["files"]![0]));
        Assert.Equal(["guest-file-open: by 10-lab.rules:2"], status["limited-commands"]!.Select(command => $"{command["name"]}: {command["by"]}"));
        var disabled = status["disabled-commands"]!.ToDictionary(command => $"{command["name"]}", command => $"{command["by"]}");
        Assert.Equal($"denied by {lab.PathOf("rules/10-lab.rules")}:1", disabled["guest-get-time"]);
        Assert.Equal($"allowed by no rule in {lab.PathOf("rules")}", disabled["guest-exec"]);

        var check = lab.Subcommand("check").Output;
        Assert.Contains("ok       policy:        guest-file-open is limited by 10-lab.rules:2\n", check, StringComparison.Ordinal);
        Assert.Contains("ok       policy:        disabled by 10-lab.rules:1: guest-get-time\n", check, StringComparison.Ordinal);
        Assert.Matches("ok       policy:        allowed by no rule: .*guest-exec,", check);
    }

    [ToolFact(NeedsRoot = true)]
    public void Peer_and_rate_are_looked_at()
    {
        using var lab = new PolicyLab("allow guest-get-time peer=uid:0 rate=3/day\nallow guest-get-host-name peer=virtio,uid:1,cid:2");

        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => lab.Ask(Time).Contains("return", StringComparison.Ordinal)));
        Assert.Contains("CommandNotFound", lab.Ask("""{"execute":"guest-get-host-name"}"""), StringComparison.Ordinal);
        Assert.DoesNotContain("guest-get-host-name", Enabled(lab));
    }

    internal static IEnumerable<string> Enabled(PolicyLab lab) =>
        from command in Qmp.Return(lab.Ask("""{"execute":"guest-info"}"""))["supported_commands"]!
        where (bool)command["enabled"]!
        select (string)command["name"]!;

    private static JToken Status(PolicyLab lab)
    {
        var socket = $"/run/qga/{lab.Agent.Pid}.sock";
        Eventually.True(() => File.Exists(socket));
        using var client = QmpClient.Connect(socket);
        return Qmp.Return(client.Ask(Qmp.Request("qga-status")));
    }
}
