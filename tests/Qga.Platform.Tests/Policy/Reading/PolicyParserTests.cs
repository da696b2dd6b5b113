using System.Text;
using Qga.Platform.Policy;

namespace Qga.Platform.Tests.Policy.Reading;

public class PolicyParserTests
{
    [Fact]
    public void Rule_is_a_decision_commands_and_conditions()
    {
        var rules = Rules.Parse("""
            # of the backup

            allow        ping,@files
              deny_audit	exec path=/bin/sh,"/opt/a b/**" # no shells
            allow_audit  exec  user=svc timeout=60 log=args
            deny         *
            """);

        Assert.Equal(
            ["20-x.rules:3 True False ping,open,read", "20-x.rules:4 False True exec", "20-x.rules:5 True True exec",
                "20-x.rules:6 False False ping,open,read,exec,down,freeze,keys"],
            rules.Select(rule => $"{rule.Origin} {rule.Allows} {rule.Audits} {string.Join(',', rule.Commands)}"));
        Assert.Equal("deny_audit exec path=/bin/sh,\"/opt/a b/**\"", rules[1].Text);
        Assert.Equal(("svc", TimeSpan.FromMinutes(1), true), (rules[2].User, rules[2].Limit, rules[2].LogsArguments));
        Assert.Equal((null, null, false), (rules[1].User, rules[1].Limit, rules[1].LogsArguments));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("# nothing", 0)]
    [InlineData("allow ping\r\nallow open\r\n", 2)]
    [InlineData("allow p*\tpeer=uid:0", 1)]
    [InlineData("allow exec arg1=#x", 1)]
    public void Blanks_and_comments_say_nothing(string text, int count) => Assert.Equal(count, Rules.Parse(text).Count);

    [Theory]
    [InlineData("Allow ping", "'Allow' is no decision: allow, deny, allow_audit or deny_audit")]
    [InlineData("allow", "it names no command")]
    [InlineData("allow pign", "there is no command 'pign'")]
    [InlineData("deny exec,", "there is no command ''")]
    [InlineData("allow Ping", "there is no command 'Ping'")]
    [InlineData("allow @file", "there is no set '@file': @files @all")]
    [InlineData("allow\u00a0ping", "there is a character that can't be seen (U+00A0)")]
    [InlineData("allow pi\u200bng", "there is a character that can't be seen (U+200B)")]
    [InlineData("allow ping \uFEFF", "there is a character that can't be seen (U+FEFF)")]
    [InlineData("deny pin*gg,exec", "no command is named by 'pin*gg'")]
    [InlineData("deny exec,x*", "no command is named by 'x*'")]
    [InlineData("deny open path=/etc/[a-z]*", "path= has '/etc/[a-z]*', but a glob has no '[' here: * and ? are all, and ? stands for that character too")]
    [InlineData("allow open path=/da]a", "path= has '/da]a', but a glob has no ']' here: * and ? are all, and ? stands for that character too")]
    [InlineData("allow open path=/a/{b}", "path= has '/a/{b}', but a glob has no '{' here: * and ? are all, and ? stands for that character too")]
    [InlineData("deny exec env=LD_[A-Z]*", "env= has 'LD_[A-Z]*', but a glob has no '[' here: * and ? are all, and ? stands for that character too")]
    [InlineData("deny exec env=", "env= with nothing behind it denies nothing: env=* denies all variables")]
    [InlineData("deny freeze mountpoints=/data/", "mountpoints= has '/data/', which ends with a slash: /data/** is all that is below it")]
    [InlineData("deny freeze mountpoints=//data", "mountpoints= has '//data', but a resolved path has no empty part, nor . or ..")]
    [InlineData("deny freeze mountpoints=/data/../x", "mountpoints= has '/data/../x', but a resolved path has no empty part, nor . or ..")]
    [InlineData("deny freeze mountpoints=/da[t]a", "mountpoints= has '/da[t]a', but a glob has no '[' here: * and ? are all, and ? stands for that character too")]
    [InlineData("allow exec args=...", "args= has '...', in which ... is not the last item, or there is none before it that further arguments match")]
    [InlineData("allow exec args=a,...,b", "args= has 'a,...,b', in which ... is not the last item, or there is none before it that further arguments match")]
    [InlineData("deny keys keys-of=*", "keys-of= has '*', which is no user's name: there are no globs")]
    [InlineData("allow exec user=svc*", "user= has 'svc*', which is no user's name: there are no globs")]
    [InlineData("allow ping now", "'now' is no condition, as NAME=VALUE")]
    [InlineData("allow ping =x", "'=x' is no condition, as NAME=VALUE")]
    [InlineData("allow exec pth=/x", "there is no condition 'pth='")]
    [InlineData("allow exec Path=/x", "there is no condition 'Path='")]
    [InlineData("allow exec path=/x path=/y", "path= is given twice")]
    [InlineData("allow exec path=", "path= has an empty item in ''")]
    [InlineData("allow exec path=/a,,/b", "path= has an empty item in '/a,,/b'")]
    [InlineData("allow exec path=sh", "path= has 'sh', which is no absolute path")]
    [InlineData("allow open path=/var/log/", "path= has '/var/log/', which ends with a slash: /var/log/** is all that is below it")]
    [InlineData("allow open path=/a/../b", "path= has '/a/../b', but a resolved path has no empty part, nor . or ..")]
    [InlineData("allow open path=/a//b", "path= has '/a//b', but a resolved path has no empty part, nor . or ..")]
    [InlineData("allow ping path=/x", "path= is about open, exec, which this rule does not name")]
    [InlineData("allow open arg1=x", "arg1= is about exec, which this rule does not name")]
    [InlineData("allow exec arg1=(", "arg1= has no regular expression: insufficient closing parentheses at character 1")]
    [InlineData("allow exec arg1=a)(b", "arg1= has no regular expression: insufficient opening parentheses at character *")]
    [InlineData("allow exec arg1=[z-a]", "arg1= has no regular expression: reversed character range at character *")]
    [InlineData("allow exec arg1=(?=x)", "arg1= has a regular expression that takes more than linear time: *")]
    [InlineData(@"allow exec arg1=(a)\1", "arg1= has a regular expression that takes more than linear time: *")]
    [InlineData("allow exec args=((a{1000}){1000}){1000}", "args= has a regular expression that takes more than linear time: *")]
    [InlineData("allow exec arg0=x", "there is no condition 'arg0=': arguments are arg1= to arg64=")]
    [InlineData("allow exec arg65=x", "there is no condition 'arg65=': arguments are arg1= to arg64=")]
    [InlineData("allow exec arg01=x", "there is no condition 'arg01=': arguments are arg1= to arg64=")]
    [InlineData("allow exec args=a arg2=b", "args= says what every argument is: there can be no argN= beside it")]
    [InlineData("allow open mode=rb", "mode= has 'rb', which is none of r, w, a, r+, w+, a+")]
    [InlineData("allow down mode-of-shutdown=off", "mode-of-shutdown= has 'off', which is none of halt, powerdown, reboot")]
    [InlineData("allow read size<=1T", "size<= has '1T', which is no number of bytes (K, M or G may follow)")]
    [InlineData("allow read size<=9999999999G", "size<= has '9999999999G', which is no number of bytes (K, M or G may follow)")]
    [InlineData("allow read size=1", "there is no condition 'size='")]
    [InlineData("allow freeze mountpoints=data", "mountpoints= has 'data', which is no absolute path")]
    [InlineData("allow ping peer=host", "peer= has 'host', which is none of virtio, serial, uid:NUMBER, cid:NUMBER")]
    [InlineData("allow ping peer=uid:007", "peer= has 'uid:007', which is none of virtio, serial, uid:NUMBER, cid:NUMBER")]
    [InlineData("allow ping between=22-6", "between= has '22-6', which is no span as 22:00-06:00")]
    [InlineData("allow ping between=24:00-06:00", "between= has '24:00-06:00', which is no span as 22:00-06:00")]
    [InlineData("allow ping between=06:00-06:00", "between= has '06:00-06:00', which is no span as 22:00-06:00")]
    [InlineData("allow ping between=06:60-07:00", "between= has '06:60-07:00', which is no span as 22:00-06:00")]
    [InlineData("allow ping rate=10", "rate= has '10', which is no rate as 10/min (s, min, h or day)")]
    [InlineData("allow ping rate=0/min", "rate= has '0/min', which is no rate as 10/min (s, min, h or day)")]
    [InlineData("deny ping rate=1/min", "rate= limits what a rule allows: a rule that denies can't have it")]
    [InlineData("deny exec user=a", "user= limits what a rule allows: a rule that denies can't have it")]
    [InlineData("deny exec timeout=1", "timeout= limits what a rule allows: a rule that denies can't have it")]
    [InlineData("allow exec user=", "user= takes one name, not ''")]
    [InlineData("allow exec user=a,b", "user= takes one name, not 'a,b'")]
    [InlineData("allow ping user=a", "user= is about open, exec, which this rule does not name")]
    [InlineData("allow exec timeout=0", "timeout= has '0', which is no number of seconds from 1 to 2592000")]
    [InlineData("allow exec log=env", "log= is args, not 'env'")]
    [InlineData("allow exec arg1=\"a", "a quote is not closed")]
    [InlineData("allow exec arg1=\"a\"b", "'b' follows a closing quote")]
    [InlineData("allow ping\0", "there is a control character (U+0000)")]
    public void Error_says_where_and_what(string line, string reason)
    {
        var failure = Assert.Throws<PolicyException>(() => Rules.Parse($"allow ping\n{line}\n"));

        var text = $"20-x.rules:2: {reason}";
        if (reason.EndsWith('*'))
            Assert.StartsWith(text[..^1], failure.Brief, StringComparison.Ordinal);
        else
            Assert.Equal(text, failure.Brief);
        Assert.Equal($"/etc/rules.d/{failure.Brief}", failure.Message);
    }

    [Fact]
    public void Invisible_character_may_be_meant_in_quotes() =>
        Assert.Equal((true, 1), Rules.Policy("allow exec arg1=\"a\u00a0b\"").Outcome(new PolicyRequest("exec") { Arguments = ["a\u00a0b"] }));

    [Fact]
    public void Byte_order_mark_is_named() => Assert.Equal(
        "20-x.rules:1: it begins with a byte order mark (U+FEFF), which an editor has put there: save it without",
        Assert.Throws<PolicyException>(() => Rules.Parse("\uFEFFallow ping")).Brief);

    [Fact]
    public void Bytes_that_are_no_text_are_an_error() =>
        Assert.Equal("20-x.rules: it is not UTF-8", Assert.Throws<PolicyException>(() => Rules.Parse([.. "allow ping"u8, 0xFF])).Brief);

    [Fact]
    public void Line_has_a_limit() => Assert.Equal(
        "20-x.rules:1: the line is longer than 16384 characters",
        Assert.Throws<PolicyException>(() => Rules.Parse(Encoding.UTF8.GetBytes($"allow exec arg1={new string('a', 20000)}"))).Brief);
}
