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
    [InlineData("args=a,...", "a a", true)]
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
    [InlineData("args=", "", true)]
    [InlineData("args=", "a", false)]
    public void Arguments_that_are_denied_may_be_followed_by_others(string condition, string arguments, bool isDenied) =>
        Assert.Equal(!isDenied, Rules.Policy($"deny exec {condition}\nallow exec").Outcome(Exec with { Arguments = arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries) })!.Value.IsAllowed);

    [Fact]
    public void Expression_takes_linear_time_whatever_it_is()
    {
        var policy = Rules.Policy("allow exec arg1=^(a+)+$ \nallow exec arg1=^(.*a){20}$");

        // With an engine that tries again it would take longer than the universe is old.
        Assert.Equal((false, 0), policy.Outcome(Exec with { Arguments = [new string('a', 100_000) + "!"] }));
    }

    /// <summary>The rule that denies must hold, and the one that allows must not, if nobody can tell.</summary>
    [Theory]
    [InlineData("deny exec arg1=^(.*a.{20}){10}c$\nallow exec")]
    [InlineData("allow exec arg1=^(.*a.{20}){10}c$")]
    public void What_takes_too_long_to_tell_is_refused(string rules)
    {
        var random = new Random(1);
        var argument = new string([.. Enumerable.Range(0, 120_000).Select(_ => random.Next(2) == 0 ? 'a' : 'b')]);

        var decision = Rules.Policy(rules).Decide(Exec with { Arguments = [argument] })!;
        Assert.True(
            decision is { IsAllowed: false, Origin: "20-x.rules:1: arg1=^(.*a.{20}){10}c$ takes too long to tell" }
                || (decision.IsAllowed == rules.StartsWith("deny", StringComparison.Ordinal) && decision.Rule?.Line != 1),
            $"{decision}");
    }

    [Fact]
    public void More_than_a_program_can_be_given_is_refused_without_a_look()
    {
        var policy = Rules.Policy("allow exec env=*");
        var half = new string('a', (PolicyRequest.LongestString / 2) - 1);

        Assert.Equal((true, 1), policy.Outcome(Exec with { Arguments = [half + half] }));
        Assert.Equal((false, 0), policy.Outcome(Exec with { Arguments = [half + half + "bb"] }));
        Assert.Equal((false, 0), policy.Outcome(Exec with { Environment = ["A=" + half + half] }));
        Assert.Equal((true, 1), policy.Outcome(Exec with { Arguments = [.. Enumerable.Repeat(half, 90)] }));
        Assert.Equal((false, 0), policy.Outcome(Exec with { Arguments = [.. Enumerable.Repeat(half, 100)] }));
        Assert.Equal(
            "refused by the guest's policy (no program can be given so much)",
            policy.Decide(Exec with { Arguments = [half + half + half] })!.Refusal);
    }

    [Theory]
    [InlineData("arg1=a+", true)]
    [InlineData("args=a,b|c", true)]
    [InlineData("env=A*", true)]
    [InlineData("arg1=^(start|stop)$ env=A", false)]
    [InlineData("args=", false)]
    public void What_may_take_time_is_left_to_whoever_has_it(string condition, bool takesTime)
    {
        var policy = Rules.Policy($"deny exec peer=uid:7\nallow exec {condition} peer=uid:0\nallow exec");

        Assert.Equal(takesTime, policy.Decide(Exec with { Peer = "uid:0", Arguments = ["x"] }, isAtOnce: true) is null);
        Assert.NotNull(policy.Decide(Exec with { Peer = "uid:0", Arguments = ["x"] }));
        Assert.Equal(3, policy.Decide(Exec with { Peer = "uid:1" }, isAtOnce: true)!.Rule!.Line);
        Assert.Equal(1, policy.Decide(Exec with { Peer = "uid:7" }, isAtOnce: true)!.Rule!.Line);
    }

    [Theory]
    [InlineData("", "LANG=C", true)]
    [InlineData("", "LD_PRELOAD=/x.so", false)]
    [InlineData("", "LD_PRELOAD", false)]
    [InlineData("", "BASH_ENV=/x", false)]
    [InlineData("", "IFS=/", false)]
    [InlineData("", "A=1 PATH=/tmp", false)]
    [InlineData("", "A=1", false)]
    [InlineData("", "LC_ALL=C LANGUAGE=de TERM=dumb", true)]
    [InlineData("", "LANGUAGE=../../tmp/x", false)]
    [InlineData("", "lang=C", false)]
    [InlineData("", "=", false)]
    [InlineData("", "DBUS_SYSTEM_BUS_ADDRESS=unixexec:path=x", false)]
    [InlineData("", "TAR_OPTIONS=--checkpoint=1", false)]
    [InlineData("", "XDG_RUNTIME_DIR=x", false)]
    [InlineData("env=*", "A=1", true)]
    [InlineData("env=*", "DBUS_SYSTEM_BUS_ADDRESS=x", false)]
    [InlineData("env=*", "TAR_OPTIONS=x", false)]
    [InlineData("env=*", "MAKEFLAGS=x", false)]
    [InlineData("env=*", "LESS=x", false)]
    [InlineData("env=*", "LESSSECURE=x", false)]
    [InlineData("env=*", "XDG_RUNTIME_DIR=x", false)]
    [InlineData("env=*", "SYSTEMD_PAGERSECURE=x", false)]
    [InlineData("env=*", "GIT_SSH_COMMAND=x", false)]
    [InlineData("env=*", "RSYNC_RSH=x", false)]
    [InlineData("env=*", "PATH=x", false)]
    [InlineData("env=*", "npm_config_prefix=x", false)]
    [InlineData("env=TAR_OPTIONS,*", "TAR_OPTIONS=x A=1", true)]
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
        var policy = Rules.Policy("deny exec env=http_proxy\nallow exec env=*");

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
    public void Peer_whom_nobody_knows_is_whom_a_rule_denies_and_none_whom_it_allows()
    {
        Assert.Equal((false, 1), Rules.Policy("deny exec peer=uid:7\nallow exec").Outcome(Exec));
        Assert.Equal((false, 0), Rules.Policy("allow exec peer=uid:7").Outcome(Exec));
    }

    [Fact]
    public void User_who_is_denied_is_so_by_each_of_his_names()
    {
        var policy = Rules.Policy("deny keys keys-of=root,no-such-user\nallow keys");

        Assert.Null(policy.Decide(new PolicyRequest("keys") { Account = "nobody" }, isAtOnce: true));
        Assert.Equal((false, 1), policy.Outcome(new PolicyRequest("keys") { Account = "root" }));
        Assert.Equal((true, 2), policy.Outcome(new PolicyRequest("keys") { Account = "nobody" }));
        Assert.Equal((true, 2), policy.Outcome(new PolicyRequest("keys") { Account = "no-such-either" }));
        Assert.Equal((false, 1), policy.Outcome(new PolicyRequest("keys") { Account = "no-such-user" }));
    }

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
    [InlineData("deny freeze mountpoints=/mnt/a\\b\nallow *", "/mnt/a\\b", false)]
    [InlineData("deny freeze mountpoints=/mnt/a\\b\nallow *", "/mnt/a\\x5cb", false)]
    [InlineData("deny freeze mountpoints=/mnt/a\\x5cb\nallow *", "/mnt/a\\b", false)]
    [InlineData("deny freeze mountpoints=/mnt/caf\\xe9\nallow *", "/mnt/caf\uFFFD", false)]
    [InlineData("deny freeze mountpoints=/mnt/caf\\xe9\nallow *", "/mnt/caf", true)]
    [InlineData("deny freeze mountpoints=/mnt/é\nallow *", "/mnt/\\xc3\\xa9", false)]
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
    public void Rate_counts_a_request_once_however_often_it_is_decided_of()
    {
        var policy = Rules.Policy("allow exec rate=1/day\nallow exec arg1=a");
        var first = policy.Decide(Exec)!;

        Assert.Equal(1, first.Rule!.Line);
        Assert.Equal(1, policy.Decide(Exec, counted: first.Rule)!.Rule!.Line);
        Assert.False(policy.Decide(Exec)!.IsAllowed);
        Assert.Equal((true, 2), policy.Outcome(Exec with { Arguments = ["a"] }));
    }

    [Fact]
    public void Rate_of_a_rule_that_stays_counts_on()
    {
        var before = Rules.Policy("allow exec rate=1/day\nallow open rate=1/day\nallow open rate=1/day");
        Assert.True(before.Decide(Exec)!.IsAllowed);
        Assert.Equal((true, 2), before.Outcome(new PolicyRequest("open")));

        var after = Rules.Policy("allow ping\nallow exec rate=1/day\nallow open rate=1/day\nallow open rate=1/day\nallow exec rate=2/day");
        after.ContinueRatesOf(before);
        Assert.Equal((true, 5), after.Outcome(Exec));
        Assert.Equal((true, 4), after.Outcome(new PolicyRequest("open")));
        Assert.Equal((false, 0), after.Outcome(new PolicyRequest("open")));
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
    public void Program_that_is_nowhere_is_none_that_a_rule_names()
    {
        using var file = Qga.Platform.Processes.ProgramChoice.Find(new("no-such-program", [], null, null, default));
        Assert.True(file.IsNowhere);

        Assert.Equal((false, null), Of("allow exec path=/usr/bin/**"));
        Assert.Equal((true, 2), Of("deny exec path=/usr/bin/**\nallow exec"));

        (bool, int?) Of(string rules) => Rules.Policy(rules).Decide(Exec, file) is var decision ? (decision!.IsAllowed, decision.Rule?.Line) : default;
    }

    [Theory]
    [InlineData("allow exec peer=uid:0", "uid:0", PolicyStanding.Open)]
    [InlineData("allow exec peer=uid:0", "uid:1", PolicyStanding.Disabled)]
    [InlineData("allow exec peer=uid:0", null, PolicyStanding.Disabled)]
    [InlineData("deny exec peer=uid:0\nallow exec", "uid:0", PolicyStanding.Disabled)]
    [InlineData("deny exec peer=uid:0\nallow exec", "uid:1", PolicyStanding.Open)]
    [InlineData("deny exec peer=uid:0\nallow exec", null, PolicyStanding.Disabled)]
    [InlineData("deny exec peer=uid:0 arg1=a\nallow exec", "uid:0", PolicyStanding.Limited)]
    [InlineData("allow exec arg1=a\nallow exec peer=uid:0", "uid:0", PolicyStanding.Limited)]
    [InlineData("deny exec", "uid:0", PolicyStanding.Disabled)]
    public void Standing_is_that_of_who_asks(string rules, string? peer, PolicyStanding standing)
    {
        var policy = Rules.Policy(rules);

        Assert.Equal(standing != PolicyStanding.Disabled, policy.CanAllow("exec", peer));
        Assert.Equal(standing != PolicyStanding.Disabled, policy.CanAllow("exec", peer));
        Assert.True(policy.CanAllow("ping", peer));
        if (standing == PolicyStanding.Open)
            Assert.True(policy.Decide(Exec with { Peer = peer })!.IsAllowed);
        Assert.Equal(standing == PolicyStanding.Disabled && rules.StartsWith("deny", StringComparison.Ordinal), policy.DisablingRule("exec", peer) is not null);
    }

    [Fact]
    public void Digest_tells_rules_apart()
    {
        string[] all = ["allow exec", "deny exec", "allow exec\ndeny exec", "deny exec\nallow exec", "\nallow exec", ""];

        Assert.Equal(all.Length, all.Select(rules => Rules.Policy(rules).Digest).Distinct().Count());
        Assert.All(all, rules => Assert.Equal(Rules.Policy(rules).Digest, Rules.Policy(rules).Under(isEnforced: false).Digest));
    }

    [Fact]
    public void What_rules_name_in_vain_is_found()
    {
        var rules = Rules.Parse("deny exec path=/usr\nallow exec user=no-such-user\nallow keys keys-of=root,no-such-user\nallow open path=/usr/**,/usr/bin/env");

        Assert.Equal(
            ["/usr is a directory, and what is in it is not meant: that is /usr/**", "there is no user 'no-such-user'", "there is no user 'no-such-user'"],
            rules.SelectMany(rule => rule.Oddities()));
        Assert.Equal([1], Rules.Policy("deny ping\ndeny_audit ping\ndeny ping,open\nallow ping").Futile().Select(rule => rule.Line));
    }

    [Fact]
    public void Rules_that_are_never_reached_are_found()
    {
        var policy = Rules.Policy("""
            allow open
            deny  open mode=w
            allow exec arg1=a rate=1/s
            allow exec arg1=a
            allow exec arg1=a size<=1
            deny  exec arg1=a
            allow @files size<=1
            allow exec arg1=a env=X
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
