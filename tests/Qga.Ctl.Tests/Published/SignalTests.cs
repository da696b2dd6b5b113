using System.Net.Sockets;
using Qga.Testing;

namespace Qga.Ctl.Tests.Published;

/// <summary>Whoever ends the published tool in the middle of something leaves the guest as it should be.</summary>
public sealed class SignalTests : IDisposable
{
    /// <summary>A program that says what it gets, and ends by TERM.</summary>
    private const string Talker = "trap 'echo INT' INT; trap 'echo USR1' USR1; trap 'echo HUP' HUP; trap 'echo TERM; exit 5' TERM; echo on; while :; do sleep 0.02; done";

    private readonly PublishedAgent _agent = new();

    private string Guest => $"unix:{_agent.SocketPath}";

    public void Dispose() => _agent.Dispose();

    [Fact]
    public void Signals_reach_the_program()
    {
        using var tool = Exec(Talker);
        tool.AwaitOutput("on\n");
        tool.Send(Signal.HandOver);
        tool.AwaitOutput("USR1\n");
        tool.Send(Signal.Interrupt);
        tool.AwaitOutput("INT\n");
        tool.Send(Signal.Terminate);
        Assert.Equal(5, tool.WaitForExit());
        Assert.EndsWith("TERM\n", tool.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Program_ends_when_nobody_reads_what_it_prints()
    {
        using var tool = Exec("echo $$; while echo more; do sleep 0.02; done");
        tool.AwaitOutput("more\n");
        var pid = int.Parse(tool.Output.Split('\n')[0], System.Globalization.CultureInfo.InvariantCulture);
        tool.CloseOutput();
        Assert.Equal(141, tool.WaitForExit());
        Eventually.True(() => ProcessStatus.State(pid) is null or 'Z');
    }

    [Fact]
    public void Ctrl_c_in_a_terminal_reaches_the_program_and_not_what_carries_the_requests()
    {
        using var tool = PublishedTool.InTerminal(80, "exec", $"exec:socat - UNIX-CONNECT:{_agent.SocketPath}", "--", "sh", "-c", Talker);
        tool.AwaitOutput("on");
        tool.Type("\u0003");
        tool.AwaitOutput("INT\r\n");
        tool.Type("\u0003");
        Assert.Equal(5, tool.WaitForExit());
        Assert.Contains("TERM\r\n", tool.Output, StringComparison.Ordinal);
        AssertNothingLeft();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Interrupted_copy_can_be_gone_on_with(bool isUpload)
    {
        // So that the copy is in the middle of it, it is a file that takes a while.
        const int Size = 300_000_000;
        using (var file = File.Create(_agent.PathOf("source")))
        {
            var block = new byte[1 << 20];
            for (var at = 0; at < Size; at += block.Length)
            {
                Random.Shared.NextBytes(block);
                file.Write(block);
            }
        }

        string[] ends = isUpload ? [_agent.PathOf("source"), $"{Guest}:{_agent.PathOf("copy")}"] : [$"{Guest}:{_agent.PathOf("source")}", _agent.PathOf("copy")];
        using (var tool = new PublishedTool(["cp", .. ends]))
        {
            Eventually.True(() => new FileInfo(_agent.PathOf(".copy.qga-part")) is { Exists: true, Length: > 0 });
            tool.Send(Signal.Interrupt);
            Assert.Equal(130, tool.WaitForExit());
            Assert.Equal("qgactl: --resume goes on where this copy has stopped\nqgactl: interrupted\n", tool.Error);
        }

        Assert.False(File.Exists(_agent.PathOf("copy")));
        Assert.DoesNotContain(OpenFiles(), path => path.StartsWith(_agent.ScratchDirectory, StringComparison.Ordinal) && !path.EndsWith(".sock", StringComparison.Ordinal));
        var (exitCode, output, _) = PublishedTool.Run(["cp", "--json", "--resume", .. ends]);
        Assert.Equal(0, exitCode);
        Assert.True((long)Newtonsoft.Json.Linq.JObject.Parse(output)["files"]![0]!["resumedAt"]! > 0);
        Assert.Equal(0, ProcessRun.Of("cmp", [_agent.PathOf("source"), _agent.PathOf("copy")]).ExitCode);
        AssertNothingLeft();
    }

    [Theory]
    [InlineData("call {guest} guest-get-osinfo")]
    [InlineData("info {guest}")]
    [InlineData("ls {guest}")]
    [InlineData("cp {guest}:/a b")]
    public async Task Interrupt_gives_up_a_guest_that_does_not_answer(string words)
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var path = _agent.PathOf("silent.sock");
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        using var tool = new PublishedTool(["--timeout", "1000", .. words.Replace("{guest}", $"unix:{path}", StringComparison.Ordinal).Split(' ')]);
        using var connection = await listener.AcceptAsync().WaitAsync(Eventually.Patience);
        tool.Send(Signal.Interrupt);
        Assert.Equal(130, tool.WaitForExit());
        Assert.EndsWith("qgactl: interrupted\n", tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Interrupt_gives_up_a_fifo_that_nobody_writes_to()
    {
        var fifo = _agent.PathOf("fifo");
        ProcessRun.Of("mkfifo", [fifo]);
        using var tool = new PublishedTool(["cp", fifo, $"{Guest}:{_agent.PathOf("copy")}"]);
        Eventually.True(() => Directory.GetFileSystemEntries($"/proc/{tool.Pid}/fd").Any(entry => new FileInfo(entry).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true));
        tool.Send(Signal.Interrupt);
        Assert.Equal(130, tool.WaitForExit());
    }

    [Fact]
    public void Fifo_is_copied_as_it_comes()
    {
        var run = ProcessRun.Of("bash", ["-c", $"'{PublishedTool.Executable}' cp <(echo content) {Guest}:{_agent.PathOf("copy")}"]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal("content\n", File.ReadAllText(_agent.PathOf("copy")));
    }

    [Fact]
    public void Argument_that_is_no_utf8_is_not_passed_on_as_another()
    {
        var run = ProcessRun.Of("bash", ["-c", $"'{PublishedTool.Executable}' exec {Guest} -- printf %s $'x\\xffy'"]);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains("is no UTF-8", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Watch_ends_by_ctrl_c()
    {
        using var tool = PublishedTool.InTerminal(80, "watch", Guest);
        tool.AwaitOutput("thawed");
        tool.Type("\u0003");
        Assert.Equal(0, tool.WaitForExit());
        Assert.EndsWith("\u001b[?25h", tool.Output.TrimEnd('\r', '\n'), StringComparison.Ordinal);
    }

    private PublishedTool Exec(string script) => new(["exec", "-n", Guest, "--", "sh", "-c", script]);

    private IEnumerable<string> OpenFiles() => Directory.GetFileSystemEntries($"/proc/{_agent.Pid}/fd").Select(entry => new FileInfo(entry).LinkTarget ?? "");

    private void AssertNothingLeft() => Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(_agent.ScratchDirectory, ".*"), path => path.EndsWith(".qga-part", StringComparison.Ordinal));
}
