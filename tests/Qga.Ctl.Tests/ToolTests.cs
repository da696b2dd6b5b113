using System.Text;
using Qga.Ctl.CommandLine;
using Qga.Ctl.Interruption;
using Qga.Ctl.Output;

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
    [InlineData("call x {}", "qgactl: the name of the command is empty\nTry 'qgactl call --help'.\n")]
    [InlineData("cp {} x:/f", "qgactl: one of the paths is empty\nTry 'qgactl cp --help'.\n")]
    [InlineData("cp x:/f {}", "qgactl: one of the paths is empty\nTry 'qgactl cp --help'.\n")]
    [InlineData("info s/b", "qgactl: 's/b' is no name of a guest: there is a slash in it; the path of a socket is written ./s/b\n")]
    [InlineData("call", "qgactl: what is needed is GUEST COMMAND [JSON]\nTry 'qgactl call --help'.\n")]
    [InlineData("--timeout 0 call x y", "qgactl: --timeout 0: from 0.001 to 2592000 seconds\nTry 'qgactl call --help'.\n")]
    public async Task Command_line_that_makes_no_sense_is_told(string words, string message)
    {
        var run = await ToolRun.OfAsync([.. words.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word == "{}" ? "" : word)]);
        Assert.Equal((2, "", message), (run.ExitCode, run.Output, run.Error));
    }

    [Theory]
    [InlineData("--json nosuch")]
    [InlineData("--json")]
    [InlineData("nosuch --json")]
    [InlineData("info --json --nosuch")]
    public async Task Usage_is_json_for_programs(string words)
    {
        var run = await ToolRun.OfAsync(words.Split(' '));
        Assert.Equal((2, "", "usage"), (run.ExitCode, run.Error, (string?)run.Json["error"]!["kind"]));
    }

    [Fact]
    public async Task Word_that_is_no_utf8_is_refused()
    {
        Assert.Null(RawWords.FirstThatIsNoText("qgactl\0exec\0x\u00e4\uFFFD\0"u8));
        Assert.Equal("x\uFFFDy", RawWords.FirstThatIsNoText([(byte)'a', 0, (byte)'x', 0xFF, (byte)'y', 0]));
        using var signals = new Signals();
        using MemoryStream output = new(), errors = new();
        Assert.Equal(2, await Tool.RunAsync(["ls"], new ToolStreams(new MemoryStream(), output, errors), signals, "x\uFFFDy"));
        Assert.StartsWith("qgactl: 'x\uFFFDy' is no UTF-8", Encoding.UTF8.GetString(errors.ToArray()), StringComparison.Ordinal);
    }

    /// <summary>Nobody sees a core dump.</summary>
    [Fact]
    public async Task Fault_of_the_tool_is_told_as_one()
    {
        using var signals = new Signals();
        using var errors = new MemoryStream();
        Assert.Equal(ExitCode.Fault, await Tool.RunAsync(["--help"], new ToolStreams(new MemoryStream(), new Faulty(), errors), signals));
        Assert.Equal("qgactl: a fault of qgactl: InvalidOperationException: broken\n", Encoding.UTF8.GetString(errors.ToArray()));
    }

    private sealed class Faulty : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new InvalidOperationException("broken");

        public override void Write(byte[] buffer, int offset, int count) => throw new InvalidOperationException("broken");
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
