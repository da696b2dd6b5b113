using Microsoft.Extensions.Time.Testing;
using Qga.Platform.Policy;

namespace Qga.Platform.Tests.Policy;

public class GuestPolicyTests
{
    private static readonly PolicyRequest Exec = new("exec");

    [Fact]
    public void First_rule_that_holds_decides()
    {
        var policy = Rules.Policy("deny open mode=w\nallow open\ndeny open");

        Assert.Equal((false, 1), policy.Outcome(new PolicyRequest("open") { OpenMode = "w" }));
        Assert.Equal((true, 2), policy.Outcome(new PolicyRequest("open") { OpenMode = "r" }));
        Assert.Equal("20-x.rules:1", policy.Decide(new PolicyRequest("open") { OpenMode = "w" }, file: null)!.Origin);
    }

    [Fact]
    public void What_no_rule_allows_is_denied()
    {
        var policy = Rules.Policy("allow open mode=r");

        Assert.Equal((false, 0), policy.Outcome(new PolicyRequest("down")));
        Assert.Equal((false, 0), policy.Outcome(new PolicyRequest("open") { OpenMode = "w" }));
        Assert.Equal("refused by the guest's policy (no rule holds)", policy.Decide(new PolicyRequest("down"), file: null)!.Refusal);
        Assert.Equal(
            "refused by the guest's policy (no rule holds, 20-x.rules:1 is the last)",
            policy.Decide(new PolicyRequest("open") { OpenMode = "w" }, file: null)!.Refusal);
    }

    [Fact]
    public void What_a_host_needs_is_never_lost_but_recorded()
    {
        var policy = Rules.Policy("deny_audit *");

        var decision = policy.Decide(new PolicyRequest("ping"), file: null)!;
        Assert.Equal((true, true, "20-x.rules:1"), (decision.IsAllowed, decision.IsAudited, decision.Origin));
        Assert.Equal((PolicyStanding.Open, PolicyStanding.Disabled), (policy.StandingOf("ping"), policy.StandingOf("open")));
    }

    [Fact]
    public void Policy_that_cant_be_used_refuses_all_but_that()
    {
        var policy = GuestPolicy.Unusable(Rules.Vocabulary, "/etc/rules.d", new PolicyException("/etc/rules.d/20-x.rules", 3, "there is no command 'x'"));

        Assert.True(policy.Decide(new PolicyRequest("ping"), file: null)!.IsAllowed);
        Assert.Equal(
            "refused by the guest's policy (it can't be used: 20-x.rules:3: there is no command 'x')",
            policy.Decide(new PolicyRequest("open"), file: null)!.Refusal);
        Assert.Equal(["ping"], Rules.Vocabulary.Commands.Where(policy.CanAllow));
    }

    [Theory]
    [InlineData("allow open", PolicyStanding.Open)]
    [InlineData("allow open mode=r", PolicyStanding.Limited)]
    [InlineData("deny open mode=w\nallow *", PolicyStanding.Limited)]
    [InlineData("deny open between=22:00-06:00\nallow *", PolicyStanding.Limited)]
    [InlineData("deny open\nallow *", PolicyStanding.Disabled)]
    [InlineData("deny open mode=w", PolicyStanding.Disabled)]
    [InlineData("allow ping", PolicyStanding.Disabled)]
    [InlineData("allow down\nallow @files size<=1", PolicyStanding.Limited)]
    public void Standing_tells_whether_a_command_can_be_allowed(string rules, PolicyStanding standing) =>
        Assert.Equal(standing, Rules.Policy(rules).StandingOf("open"));

    [Theory]
    [InlineData("arg1=^(status|restart)$ arg2=^nginx\\.service$", "status nginx.service", true)]
    [InlineData("arg1=^(status|restart)$ arg2=^nginx\\.service$", "restart nginxxservice", false)]
    [InlineData("arg1=^(status|restart)$ arg2=^nginx\\.service$", "status nginx.service sshd.service", false)]
    [InlineData("arg1=^(status|restart)$ arg2=^nginx\\.service$", "status", false)]
    [InlineData("arg1=status|restart", "restarts", false)]
    [InlineData("arg1=status", "status\n", false)]
    [InlineData("arg1=^status$", "status\n", false)]
    [InlineData("arg1=.*", "a\nb", false)]
    [InlineData("arg1=[\\s\\S]*", "a\nb", true)]
    [InlineData("arg1=.*", "", true)]
    [InlineData("arg1=.+", "", false)]
    [InlineData("arg2=b", "a b", true)]
    [InlineData("arg2=b", "b", false)]
    [InlineData("args=", null, true)]
    [InlineData("args=", "a", false)]
    [InlineData("args=a,b", "a b", true)]
    [InlineData("args=a,b", "b a", false)]
    [InlineData("args=a,b", "a", false)]
    [InlineData("args=a,b", "a b c", false)]
    [InlineData("args=-l,/srv/[^/]+,...", "-l /srv/a /srv/b", true)]
    [InlineData("args=-l,/srv/[^/]+,...", "-l", false)]
    [InlineData("args=-l,/srv/[^/]+,...", "-l /srv/a /etc/b", false)]
    [InlineData("args=a{1,2},[,]+,(b|c,d)", "aa ,, c,d", true)]
    [InlineData("args=\"a b\"", "a b", false)]
    public void Arguments_that_are_allowed_are_all_there_are(string condition, string? arguments, bool isAllowed) =>
        Assert.Equal(isAllowed, Rules.Policy($"allow exec {condition}").Outcome(Exec with { Arguments = arguments?.Split(' ') ?? [] })!.Value.IsAllowed);

    [Fact]
    public void Argument_may_have_blanks()
    {
        var policy = Rules.Policy("""allow exec arg1="a \"b\" c" """);

        Assert.Equal((true, 1), policy.Outcome(Exec with { Arguments = ["a \"b\" c"] }));
        Assert.Equal((false, 0), policy.Outcome(Exec with { Arguments = ["a", "\"b\"", "c"] }));
    }

    [Theory]
    [InlineData("arg1=stop", "stop", true)]
    [InlineData("arg1=stop", "stop now", true)]
    [InlineData("arg1=stop", "now stop", false)]
    [InlineData("args=stop,all", "stop all of them", true)]
    [InlineData("arg1=.*evil.*", "x\nevil\n", true)]
    public void Arguments_that_are_denied_may_be_followed_by_others(string condition, string arguments, bool isDenied) =>
        Assert.Equal(!isDenied, Rules.Policy($"deny exec {condition}\nallow exec").Outcome(Exec with { Arguments = arguments.Split(' ') })!.Value.IsAllowed);

    [Fact]
    public void Expression_takes_linear_time_whatever_it_is()
    {
        var policy = Rules.Policy("allow exec arg1=^(a+)+$ \nallow exec arg1=^(.*a){20}$");

        // With an engine that tries again it would take longer than the universe is old.
        Assert.Equal((false, 0), policy.Outcome(Exec with { Arguments = [new string('a', 100_000) + "!"] }));
    }

    [Theory]
    [InlineData("", "LANG=C", true)]
    [InlineData("", "LD_PRELOAD=/x.so", false)]
    [InlineData("", "LD_PRELOAD", false)]
    [InlineData("", "BASH_ENV=/x", false)]
    [InlineData("", "IFS=/", false)]
    [InlineData("", "A=1 PATH=/tmp", false)]
    [InlineData("env=*", "LD_AUDIT=/x.so", false)]
    [InlineData("env=LD_*", "LD_AUDIT=/x.so", false)]
    [InlineData("env=LD_AUDIT", "LD_AUDIT=/x.so", true)]
    [InlineData("env=LANG,LC_*", "LANG=C LC_ALL=C", true)]
    [InlineData("env=LANG,LC_*", "LANG=C TZ=UTC", false)]
    [InlineData("env=LANG", "lang=C", false)]
    [InlineData("env=", "", true)]
    [InlineData("env=", "A=1", false)]
    public void Variables_that_have_a_program_run_something_else_are_named_or_refused(string condition, string environment, bool isAllowed) =>
        Assert.Equal(
            isAllowed,
            Rules.Policy($"allow exec {condition}").Outcome(Exec with { Environment = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries) })!.Value.IsAllowed);

    [Fact]
    public void One_variable_is_enough_to_deny()
    {
        var policy = Rules.Policy("deny exec env=http_proxy\nallow exec");

        Assert.Equal((false, 1), policy.Outcome(Exec with { Environment = ["A=1", "http_proxy=x"] }));
        Assert.Equal((true, 2), policy.Outcome(Exec with { Environment = ["A=1"] }));
    }

    [Theory]
    [InlineData("read", 1024, true)]
    [InlineData("read", 1025, false)]
    [InlineData("exec", 1024, true)]
    public void Size_is_the_most(string command, long size, bool isAllowed) =>
        Assert.Equal(isAllowed, Rules.Policy("allow * size<=1K").Outcome(new PolicyRequest(command) { Size = size })!.Value.IsAllowed);

    [Fact]
    public void Words_are_compared()
    {
        var policy = Rules.Policy("allow open mode=r,r+\nallow down mode-of-shutdown=reboot\nallow keys keys-of=root,bob\nallow exec peer=virtio,cid:2");

        Assert.Equal((true, 1), policy.Outcome(new PolicyRequest("open") { OpenMode = "r+" }));
        Assert.Equal((false, 0), policy.Outcome(new PolicyRequest("open") { OpenMode = null }));
        Assert.Equal((true, 2), policy.Outcome(new PolicyRequest("down") { ShutdownMode = "reboot" }));
        Assert.Equal((false, 0), policy.Outcome(new PolicyRequest("down") { ShutdownMode = "halt" }));
        Assert.Equal((true, 3), policy.Outcome(new PolicyRequest("keys") { Account = "bob" }));
        Assert.Equal((false, 0), policy.Outcome(new PolicyRequest("keys") { Account = "bob2" }));
        Assert.Equal((true, 4), policy.Outcome(Exec with { Peer = "cid:2" }));
        Assert.Equal((false, 0), policy.Outcome(Exec with { Peer = "uid:2" }));
        Assert.Equal((false, 0), policy.Outcome(Exec));
    }

    [Theory]
    [InlineData("allow freeze mountpoints=/data/**,/srv", "/data/a /srv/", true)]
    [InlineData("allow freeze mountpoints=/data/**,/srv", "/data/a /", false)]
    [InlineData("allow freeze mountpoints=/data/**,/srv", null, false)]
    [InlineData("deny freeze mountpoints=/data\nallow *", "/ /data", false)]
    [InlineData("deny freeze mountpoints=/data\nallow *", "/", true)]
    [InlineData("deny freeze mountpoints=/data\nallow *", null, false)]
    public void Freeze_is_allowed_for_all_its_filesystems_or_denied_for_one(string rules, string? mountPoints, bool isAllowed) =>
        Assert.Equal(isAllowed, Rules.Policy(rules).Outcome(new PolicyRequest("freeze") { MountPoints = mountPoints?.Split(' ') })!.Value.IsAllowed);

    [Theory]
    [InlineData("09:00-17:00", "09:00", true)]
    [InlineData("09:00-17:00", "17:00", false)]
    [InlineData("22:00-06:00", "22:00", true)]
    [InlineData("22:00-06:00", "23:59", true)]
    [InlineData("22:00-06:00", "00:00", true)]
    [InlineData("22:00-06:00", "05:59", true)]
    [InlineData("22:00-06:00", "06:00", false)]
    [InlineData("22:00-24:00,01:00-02:00", "01:30", true)]
    [InlineData("22:00-24:00", "00:00", false)]
    public void Hours_may_go_over_midnight(string span, string now, bool isAllowed) =>
        Assert.Equal(isAllowed, Rules.Policy($"allow exec between={span}", () => (int)TimeSpan.Parse(now).TotalMinutes).Outcome(Exec)!.Value.IsAllowed);

    [Fact]
    public void Rate_counts_what_it_lets_through_and_fills_again()
    {
        var time = new FakeTimeProvider();
        var policy = Rules.Policy("allow exec arg1=a rate=2/min", time: time);
        var asked = Exec with { Arguments = ["a"] };

        Assert.Equal((false, 0), policy.Outcome(Exec));
        Assert.Equal((true, 1), policy.Outcome(asked));
        Assert.Equal((true, 1), policy.Outcome(asked));
        Assert.Equal((false, 0), policy.Outcome(asked));
        time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal((true, 1), policy.Outcome(asked));
        Assert.Equal((false, 0), policy.Outcome(asked));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal((true, 1), policy.Outcome(asked));
        Assert.Equal((true, 1), policy.Outcome(asked));
        Assert.Equal((false, 0), policy.Outcome(asked));
    }

    [Fact]
    public void Rate_counts_nothing_before_the_file_is_known_or_when_it_is_explained()
    {
        var policy = Rules.Policy("allow exec rate=1/day path=/bin/true");
        using var file = ResolvedFile.Open("/bin/true", isProgram: true);

        Assert.Null(policy.Outcome(Exec));
        Assert.Equal([null], policy.Explain(Exec, file).Select(rule => rule.Failing));
        Assert.True(policy.Decide(Exec, file)!.IsAllowed);
        Assert.False(policy.Decide(Exec, file)!.IsAllowed);
        Assert.Equal(["rate=1/day"], policy.Explain(Exec, file).Select(rule => rule.Failing));
    }

    [Fact]
    public void File_is_asked_for_only_where_it_matters()
    {
        var policy = Rules.Policy("allow exec arg1=a path=/bin/true\nallow exec arg1=b\nallow @files path=/etc/hosts");

        Assert.Null(policy.Outcome(Exec with { Arguments = ["a"] }));
        Assert.Equal((true, 2), policy.Outcome(Exec with { Arguments = ["b"] }));
        Assert.Equal((false, 0), policy.Outcome(new PolicyRequest("read")));
        Assert.Null(policy.Outcome(new PolicyRequest("open")));
    }

    [Fact]
    public void Rules_that_are_never_reached_are_found()
    {
        var policy = Rules.Policy("""
            allow open
            deny  open mode=w
            allow exec arg1=a rate=1/s
            allow exec arg1=a
            allow exec arg1=a env=X
            deny  exec arg1=a
            allow @files size<=1
            allow x*
            """);

        Assert.Equal(["2 by 1", "5 by 4"], policy.Unreachable().Select(found => $"{found.Rule.Line} by {found.By!.Line}"));
        Assert.Equal(["x*"], policy.Rules[^1].IdleWords);
    }

    [Fact]
    public void Explanation_goes_up_to_the_rule_that_decides()
    {
        var policy = Rules.Policy("allow exec arg1=a\nallow ping\ndeny exec size<=0\nallow exec env=LD_X\nallow exec");
        var asked = Exec with { Size = 5, Environment = ["LD_X=1"] };

        Assert.Equal([(1, "arg1=a"), (3, "size<=0"), (4, null)], policy.Explain(asked, file: null).Select(rule => (rule.Rule.Line, rule.Failing)));
    }

    [Fact]
    public void Contradicting_rules_are_settled_by_their_order()
    {
        Assert.Equal((true, 1), Rules.Policy("allow exec\ndeny exec").Outcome(Exec));
        Assert.Equal((false, 1), Rules.Policy("deny exec\nallow exec").Outcome(Exec));
    }
}
