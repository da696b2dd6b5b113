using System.Text.RegularExpressions;
using Qga.Testing;

namespace Qga.Ctl.Tests.Published;

/// <summary>How the published tool looks: in a terminal, wide and narrow, and to a program.</summary>
public sealed class TerminalTests : IDisposable
{
    private static readonly Regex Escape = new(@"\x1b\[[0-9;?]*[a-zA-Z]", RegexOptions.NonBacktracking);

    private readonly PublishedAgent _agent = new();

    private string Guest => $"unix:{_agent.SocketPath}";

    public void Dispose() => _agent.Dispose();

    [Theory]
    [InlineData(120)]
    [InlineData(40)]
    [InlineData(12)]
    public void Copy_has_a_bar_that_goes_away(int columns)
    {
        File.WriteAllBytes(_agent.PathOf("source"), new byte[20_000_000]);
        using var tool = PublishedTool.InTerminal(columns, "cp", _agent.PathOf("source"), $"{Guest}:{_agent.PathOf("copy")}");
        Assert.Equal(0, tool.WaitForExit());
        Assert.Contains("%", tool.Output, StringComparison.Ordinal);
        Assert.Matches(@"1 file, 19\.1 MiB in [0-9.]+ s \([0-9.]+ .?i?B/s\)\r\n$", tool.Output);
        Assert.Contains("\u001b[?25h", tool.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Copy_says_nothing_to_a_program()
    {
        File.WriteAllText(_agent.PathOf("source"), "");
        Assert.Equal((0, "", ""), PublishedTool.Run(["cp", _agent.PathOf("source"), $"{Guest}:{_agent.PathOf("copy")}"]));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(30)]
    public void Tables_fit_the_terminal(int columns)
    {
        using var tool = PublishedTool.InTerminal(columns, "ls", Guest);
        Assert.Equal(0, tool.WaitForExit());
        Assert.Contains("thawed", tool.Output, StringComparison.Ordinal);
        Assert.All(Escape.Replace(tool.Output, "").Split("\r\n"), line => Assert.InRange(line.Length, 0, columns));
    }

    [Fact]
    public void Program_gets_no_escapes()
    {
        foreach (var verb in new[] { "ls", "info" })
        {
            var (exitCode, output, error) = PublishedTool.Run([verb, Guest]);
            Assert.Equal((0, ""), (exitCode, error));
            Assert.DoesNotContain('\u001b', output);
        }
    }

    [Fact]
    public void Output_is_written_where_the_file_stands()
    {
        var path = _agent.PathOf("output");
        ProcessRun.Of("sh", ["-c", $"{{ '{PublishedTool.Executable}' exec -n {Guest} echo one; '{PublishedTool.Executable}' exec -n {Guest} echo two; }} > {path}"]);
        Assert.Equal("one\ntwo\n", File.ReadAllText(path));
    }

    [Fact]
    public void Full_disk_is_told()
    {
        var run = ProcessRun.Of("sh", ["-c", $"'{PublishedTool.Executable}' call {Guest} guest-info > /dev/full"]);
        Assert.Equal((1, "qgactl: the output can't be written: No space left on device\n"), (run.ExitCode, run.Error));
    }

    [Fact]
    public void Reader_that_goes_is_no_failure()
    {
        var run = ProcessRun.Of("bash", ["-c", $"'{PublishedTool.Executable}' watch --interval 0.1 {Guest} | head -n 1; echo ${{PIPESTATUS[0]}}"]);
        Assert.EndsWith("\n141\n", run.Output, StringComparison.Ordinal);
        Assert.Equal("", run.Error);
    }
}
