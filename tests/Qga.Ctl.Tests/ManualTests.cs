using Qga.Ctl.CommandLine;
using Qga.Ctl.Verbs;
using Qga.Testing;

namespace Qga.Ctl.Tests;

/// <summary>What the tool's own help says, its manual says, too.</summary>
public class ManualTests
{
    private static readonly string Manual = File.ReadAllText(Repository.PathOf("docs/man/qgactl.1.scd"));

    [Fact]
    public void Every_verb_and_option_has_its_place()
    {
        Assert.All(VerbList.All, verb =>
        {
            var section = SectionOf(verb.Name);
            Assert.All(verb.Options, option => Assert.Matches($@"(?m)^\t({Short(option)}\*--{option.Name}\*{Value(option)})$", section));
        });
        Assert.All(Option.Common, option => Assert.Matches($@"(?m)^{Short(option)}\*--{option.Name}\*{Value(option)}$", Manual));

        static string Short(Option option) => option.Short is { } letter ? $@"\*-{letter}\*, " : "";
        static string Value(Option option) => option.Value is { } value ? $" _{value}_" : "";
    }

    [Fact]
    public void Every_kind_of_failure_and_exit_code_is_told()
    {
        Exception[] failures =
        [
            new UsageException(""), new Client.QgaCommandException("c", "GenericError", "d"), new Client.QgaTimeoutException(""), new Client.QgaConnectionException(""),
            new Client.QgaProtocolException(""), new Client.QgaUnsupportedException(""), new Client.QgaVerificationException(""), new Client.QgaGuestException(""),
            new OperationCanceledException(), new IOException(),
        ];
        var page = File.ReadAllText(Repository.PathOf("docs/qgactl.md"));
        Assert.All(failures, failure =>
        {
            var kind = (string)Tool.Json(failure, "")["error"]!["kind"]!;
            Assert.Contains($"*{kind}*", Manual, StringComparison.Ordinal);
            Assert.Contains($"`{kind}`", page, StringComparison.Ordinal);
            Assert.Contains($"\n*{ExitCode.Of(failure)}*\n", Manual, StringComparison.Ordinal);
        });
    }

    /// <summary>The part of the manual about a verb: to the next line that is not indented.</summary>
    private static string SectionOf(string verb)
    {
        var start = Manual.IndexOf($"\n*{verb}* ", Manual.IndexOf("\n# VERBS\n", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.True(start >= 0, $"nothing of {verb}");
        var lines = Manual[(start + 1)..].Split('\n').Skip(1).TakeWhile(line => line.Length == 0 || line[0] == '\t');
        return string.Join('\n', lines);
    }
}
