using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Host.Tests.Policy;

/// <summary><c>qga policy</c>, and the profiles that ship.</summary>
public sealed class PolicySubcommandTests
{
    [Fact]
    public void Check_tells_whether_rules_are_in_order_and_what_they_leave()
    {
        using var lab = new PolicyLab("allow @session,@freeze\nallow guest-exec arg1=a\ndeny *");

        var check = lab.Subcommand("policy", "check");
        Assert.Equal((0, ""), (check.ExitCode, check.Error));
        Assert.StartsWith("ok       3 rules in ", check.Output, StringComparison.Ordinal);
        Assert.Contains("  enabled  guest-exec                        limited by 10-lab.rules:2, 10-lab.rules:3\n", check.Output, StringComparison.Ordinal);
        Assert.Contains("  disabled guest-get-time                    by 10-lab.rules:3\n", check.Output, StringComparison.Ordinal);
        Assert.Contains("  enabled  guest-ping                        never lost\n", check.Output, StringComparison.Ordinal);

        lab.WriteRules("allow *\ndeny guest-exec\nallow guest-x*");
        check = lab.Subcommand("policy", "check", "--json");
        Assert.Equal(1, check.ExitCode);
        var file = lab.PathOf("rules/10-lab.rules");
        Assert.Equal(
            [$"{file}:3: no command is named by guest-x*", $"{file}:2: it is never reached: 10-lab.rules:1 decides before it"],
            JObject.Parse(check.Output)["findings"]!.Skip(1).Select(finding => (string?)finding["text"]));

        lab.WriteRules("alow *");
        check = lab.Subcommand("policy", "check");
        Assert.Equal(2, check.ExitCode);
        Assert.StartsWith($"error    {file}:1: 'alow' is no decision: allow, deny, allow_audit or deny_audit", check.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_tells_which_rule_decides_and_why_none_before()
    {
        using var lab = new PolicyLab("allow guest-exec path=/usr/bin/env\ndeny guest-exec path=/bin/sh\nallow guest-exec");

        var explained = lab.Subcommand("policy", "explain", Qmp.Request("guest-exec", ("path", "/bin/sh")));
        Assert.Equal(
            $"the path leads to {ProcessRun.Of("realpath", ["/bin/sh"]).Output}10-lab.rules:1  allow guest-exec path=/usr/bin/env\n    path=/usr/bin/env does not hold\n"
            + $"10-lab.rules:2  deny guest-exec path=/bin/sh\n    holds\nrefused: by {lab.PathOf("rules/10-lab.rules")}:2\n",
            explained.Output);
        Assert.Equal((1, ""), (explained.ExitCode, explained.Error));
        Assert.Equal(0, lab.Subcommand("policy", "explain", Qmp.Request("guest-exec", ("path", "true"))).ExitCode);
        Assert.Equal(1, lab.Subcommand("policy", "explain", Qmp.Request("guest-get-time")).ExitCode);
        Assert.Contains("there is no such program\n", lab.Subcommand("policy", "explain", Qmp.Request("guest-exec", ("path", "no-such"))).Output, StringComparison.Ordinal);
        Assert.Equal("allowed: it is never lost\n", lab.Subcommand("policy", "explain", Qmp.Ping).Output);
    }

    [Fact]
    public void Explain_tells_that_what_would_be_refused_is_carried_out()
    {
        using var lab = new PolicyLab("deny guest-get-time", "policy-mode=audit-only");

        var explained = lab.Subcommand("policy", "explain", Qmp.Request("guest-get-time"));
        Assert.EndsWith(
            $"carried out all the same, as policy-mode is audit-only; it would be refused: by {lab.PathOf("rules/10-lab.rules")}:1\n",
            explained.Output,
            StringComparison.Ordinal);
        Assert.Equal(0, explained.ExitCode);
    }

    [ToolFact(NeedsRoot = true)]
    public void Way_in_the_hands_of_others_is_named()
    {
        using var lab = new PolicyLab("allow guest-file-open path=ROOT/theirs/link\nallow guest-exec user=no-such-user\ndeny guest-ping\nallow guest-file-open path=ROOT/open");
        Directory.CreateDirectory(lab.PathOf("theirs"));
        File.CreateSymbolicLink(lab.PathOf("theirs/link"), "../open/file");
        File.SetUnixFileMode(lab.PathOf("theirs"), (UnixFileMode)Convert.ToInt32("777", 8));
        var weakness = $"{lab.PathOf("theirs")} is writable by group or others (mode 0777)";

        var explained = lab.Subcommand("policy", "explain", Qmp.Open(lab.PathOf("open/file"), "r")).Output;
        Assert.Contains($"    path={lab.PathOf("theirs/link")}: {weakness}; so it does not hold\n", explained, StringComparison.Ordinal);
        lab.WriteRules("allow *", "20-more.rule");
        Assert.Equal(
            [
                $"{lab.PathOf("rules/10-lab.rules")}:3: guest-ping can't be denied",
                $"{lab.PathOf("rules/10-lab.rules")}:1: the links in {lab.PathOf("theirs/link")} are not followed: {weakness}",
                $"{lab.PathOf("rules/10-lab.rules")}:2: there is no user 'no-such-user'",
                $"{lab.PathOf("rules/10-lab.rules")}:4: {lab.PathOf("open")} is a directory, and what is in it is not meant: that is {lab.PathOf("open")}/**",
                $"{lab.PathOf("rules")}/20-more.rule is not read: the names of rules end in .rules, and begin with no dot",
            ],
            JObject.Parse(lab.Subcommand("policy", "check", "--json").Output)["findings"]!.Skip(1).Select(finding => (string?)finding["text"])
                .Where(text => !text!.StartsWith("no rule allows", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("policy takes check, explain or sets", "policy")]
    [InlineData("there is no policy 'chekc': check, explain or sets", "policy", "chekc")]
    [InlineData("the request is not complete", "policy", "explain", "{\"execute\":")]
    [InlineData("there is no command 'guest-x'", "policy", "explain", "{\"execute\":\"guest-x\"}")]
    [InlineData("QMP input lacks member 'execute'", "policy", "explain", "{}")]
    public void What_makes_no_sense_is_said_so(string error, params string[] words)
    {
        var run = ProcessRun.Of(PublishedAgent.Executable, words);

        Assert.Equal((2, $"qga: {error}\n"), (run.ExitCode, run.Error));
    }

    [Fact]
    public void Sets_name_every_command()
    {
        using var lab = new PolicyLab("allow *");

        var sets = ProcessRun.Of(PublishedAgent.Executable, ["policy", "sets"]).Output;
        Assert.All(PolicyReloadTests.Enabled(lab), command => Assert.Contains($"  {command}\n", sets, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("monitor", 0, 22)]
    [InlineData("backup", 0, 24)]
    [InlineData("provision", 0, 32)]
    [InlineData("full", 0, 43)]
    public void Profile_is_in_order(string profile, int severity, int enabled)
    {
        using var lab = new PolicyLab(File.ReadAllText(Repository.PathOf($"config/policy/{profile}.rules")));

        var check = lab.Subcommand("policy", "check", "--json");
        Assert.DoesNotContain(JObject.Parse(check.Output)["findings"]!, finding => $"{finding["text"]}".Contains("10-lab.rules", StringComparison.Ordinal));
        Assert.True(check.ExitCode <= severity + 1);
        Assert.Equal(enabled, PolicyReloadTests.Enabled(lab).Count());
    }

    [Fact]
    public void Host_with_the_backup_profile_has_what_backups_take_and_nothing_else()
    {
        using var lab = new PolicyLab(File.ReadAllText(Repository.PathOf("config/policy/backup.rules")));
        var enabled = PolicyReloadTests.Enabled(lab).ToHashSet();

        // libvirt and Proxmox VE to freeze, look and shut down; KubeVirt to call the agent supported.
        string[] needed =
        [
            "guest-fsfreeze-freeze", "guest-fsfreeze-freeze-list", "guest-fsfreeze-thaw", "guest-fsfreeze-status", "guest-get-fsinfo", "guest-get-disks",
            "guest-network-get-interfaces", "guest-get-osinfo", "guest-get-host-name", "guest-get-users", "guest-get-timezone", "guest-get-time", "guest-info", "guest-shutdown",
        ];
        Assert.Empty(needed.Except(enabled));
        string[] never = ["guest-exec", "guest-file-open", "guest-file-write", "guest-set-user-password", "guest-ssh-add-authorized-keys", "guest-suspend-ram", "guest-set-time"];
        Assert.Empty(never.Intersect(enabled));
    }
}
