namespace Qga.Ctl.Tests;

public class ToolTests
{
    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("help")]
    public async Task Help_lists_the_verbs(string word)
    {
        var run = await ToolRun.OfAsync(word);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.All(Qga.Ctl.Verbs.VerbList.All, verb => Assert.Contains($"\n  {verb.Name} ", run.Output, StringComparison.Ordinal));
    }

    public static TheoryData<string> Verbs => [.. Qga.Ctl.Verbs.VerbList.All.Select(verb => verb.Name)];

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Help_of_a_verb_tells_its_options(string verb)
    {
        var run = await ToolRun.OfAsync(verb, "--help");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.StartsWith($"Usage: qgactl {verb} [OPTION...] ", run.Output, StringComparison.Ordinal);
        Assert.All(Qga.Ctl.Verbs.VerbList.All.Single(known => known.Name == verb).Options, option => Assert.Contains($"--{option.Name}", run.Output, StringComparison.Ordinal));
        Assert.All(run.Output.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
        Assert.Equal(run.Output, (await ToolRun.OfAsync("help", verb)).Output);
    }

    [Fact]
    public async Task Version_is_told() => Assert.Matches(@"^qgactl \d+\.\d+\.\d+\n$", (await ToolRun.OfAsync("--version")).Output);

    [Theory]
    [InlineData("", "qgactl: a verb is missing\nTry 'qgactl --help'.\n")]
    [InlineData("dance", "qgactl: there is no verb 'dance'\nTry 'qgactl --help'.\n")]
    [InlineData("--no", "qgactl: there is no option --no\nTry 'qgactl --help'.\n")]
    [InlineData("call --no", "qgactl: there is no option --no\nTry 'qgactl call --help'.\n")]
    [InlineData("call", "qgactl: what is needed is GUEST COMMAND [JSON]\nTry 'qgactl call --help'.\n")]
    [InlineData("--timeout 0 call x y", "qgactl: --timeout 0: from 0.001 to 2592000 seconds\nTry 'qgactl call --help'.\n")]
    public async Task Command_line_that_makes_no_sense_is_told(string words, string message)
    {
        var run = await ToolRun.OfAsync(words.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((2, "", message), (run.ExitCode, run.Output, run.Error));
    }

    [Fact]
    public async Task Failure_is_json_for_programs()
    {
        var run = await ToolRun.OfAsync("--json", "call", "unix:/none/such", "guest-ping");
        Assert.Equal((3, ""), (run.ExitCode, run.Error));
        Assert.Equal("connection", (string?)run.Json["error"]!["kind"]);
        Assert.Contains("/none/such", (string?)run.Json["error"]!["message"], StringComparison.Ordinal);
    }
}
