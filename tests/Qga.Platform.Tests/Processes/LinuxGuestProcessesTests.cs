using System.Text;
using Qga.Platform.Native;
using Qga.Platform.Processes;
using Qga.Testing;

namespace Qga.Platform.Tests.Processes;

public sealed class LinuxGuestProcessesTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly LinuxGuestProcesses _processes = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(OutputCapture.None, "", "")]
    [InlineData(OutputCapture.Stdout, "out\n", "")]
    [InlineData(OutputCapture.Stderr, "", "error\n")]
    [InlineData(OutputCapture.Separated, "out\n", "error\n")]
    [InlineData(OutputCapture.Merged, "out\nerror\n", "")]
    public async Task Output_is_kept_as_told(OutputCapture capture, string output, string error)
    {
        var (end, taken) = await Run(Shell("echo out; echo error >&2") with { Capture = capture });
        Assert.Equal(new ProcessEnd(ExitCode: 0, Signal: null), end);
        Assert.Equal((output, error), (Text(taken.Out), Text(taken.Error)));
    }

    [Theory]
    [InlineData("exit 300", 44, null)]
    [InlineData("kill -9 $$", null, 9)]
    [InlineData("kill -TERM $$", null, 15)]
    public async Task End_is_a_code_or_a_signal(string script, int? code, int? signal) =>
        Assert.Equal(new ProcessEnd(code, signal), (await Run(Shell(script))).End);

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(3_000_000)]
    public async Task Process_reads_its_input_to_the_end(int size)
    {
        var (_, output) = await Run(Shell("wc -c") with { Input = new byte[size] });
        Assert.Equal($"{size}\n", Text(output.Out));
    }

    [Fact]
    public async Task Process_need_not_read_its_input()
    {
        var (end, _) = await Run(Shell("exit 5") with { Input = new byte[1 << 20] });
        Assert.Equal(5, end.ExitCode);
    }

    [Fact]
    public async Task Without_input_there_is_none() => Assert.Equal("0\n", Text((await Run(Shell("wc -c"))).Output.Out));

    [Theory]
    [InlineData(CapturedOutput.Limit - 1, false)]
    [InlineData(CapturedOutput.Limit, false)]
    [InlineData(CapturedOutput.Limit + 1, true)]
    [InlineData(3 * CapturedOutput.Limit, true)]
    public async Task Only_the_beginning_is_kept_of_much_output(int size, bool isTruncated)
    {
        var (_, output) = await Run(Shell($"head -c {size} /dev/zero"));
        Assert.Equal((Math.Min(size, CapturedOutput.Limit), isTruncated), (output.Out.Bytes.Length, output.Out.IsTruncated));
    }

    [Fact]
    public async Task Child_that_outlives_the_process_is_not_ended_by_what_it_prints_later()
    {
        var process = _processes.Start(Shell($"(sleep 0.2; seq 100000; echo done > {_scratch.PathOf("child")}) &"));
        Assert.Equal(0, (await process.Ended).ExitCode);
        process.TakeOutput();
        await process.Drained;
        Assert.Equal("", Text(process.TakeOutput().Out));
        Testing.Eventually.True(() => File.Exists(_scratch.PathOf("child")));
    }

    [Fact]
    public async Task Environment_that_is_given_is_all_there_is_and_has_the_path()
    {
        var bin = Path.GetDirectoryName(_scratch.WriteProgram("bin/ours", "#!/bin/sh\necho \"$0 $# $A\"\n"))!;
        var start = new ProcessStart("ours", ["x", ""], ["A=1", $"PATH=/none::{bin}:/usr/bin"], Input: null, OutputCapture.Stdout);
        Assert.Equal($"{bin}/ours 2 1\n", Text((await Run(start)).Output.Out));

        var (_, output) = await Run(new ProcessStart("/usr/bin/env", [], ["B=2", "C"], Input: null, OutputCapture.Stdout));
        Assert.Equal("B=2\nC\n", Text(output.Out));
    }

    [Fact]
    public async Task Script_that_names_no_interpreter_is_one_for_the_shell()
    {
        var program = _scratch.WriteProgram("plain", "echo \"$0 $1\"\n");
        Assert.Equal($"{program} a b\n", Text((await Run(new ProcessStart(program, ["a b"], null, null, OutputCapture.Stdout))).Output.Out));
    }

    [Theory]
    [InlineData("/no/such", "No such file or directory")]
    [InlineData("nosuchprogram", "No such file or directory")]
    [InlineData("", "No such file or directory")]
    [InlineData("/etc/passwd/x", "Not a directory")]
    [InlineData("/etc/passwd", "Permission denied")]
    [InlineData("/etc", "Permission denied")]
    public void Program_that_can_not_be_run_is_named(string path, string why) => Assert.Equal(
        $"Failed to execute child process “{path}” ({why})", FailureOf(new ProcessStart(path, [], null, null, OutputCapture.None)));

    [Fact]
    public void File_in_the_path_that_can_not_be_executed_is_told_only_if_no_other_is_there()
    {
        _scratch.Write("ours", "");
        var start = new ProcessStart("ours", [], [$"PATH={_scratch.Root}"], null, OutputCapture.None);
        Assert.EndsWith("(Permission denied)", FailureOf(start));
        _scratch.WriteProgram("bin/ours", "#!/bin/sh\n");
        _processes.Start(start with { Environment = [$"PATH={_scratch.Root}:{_scratch.PathOf("bin")}"] });
    }

    [Theory]
    [InlineData("a\0b", "x", "A=1", "'path'")]
    [InlineData("true", "x\0", "A=1", "'arg[0]'")]
    [InlineData("true", "x", "A\0=1", "'env[0]'")]
    public void Nul_is_refused_by_name(string path, string argument, string variable, string name) => Assert.Equal(
        $"{name} has a NUL character in it", FailureOf(new ProcessStart(path, [argument], [variable], null, OutputCapture.None)));

    [Fact]
    public async Task Limit_ends_also_what_a_process_has_left_behind()
    {
        var (child, kept) = (_scratch.PathOf("child"), _scratch.PathOf("kept"));
        var process = Limited($"sleep 1000 & echo $! > {child}; mv {child} {kept}; exit 5", TimeSpan.FromSeconds(2));

        Assert.Equal(5, (await process.Ended).ExitCode);
        var left = File.ReadAllText(kept).Trim();
        Testing.Eventually.True(() => !Directory.Exists($"/proc/{left}") || File.ReadAllText($"/proc/{left}/stat").Contains(") Z ", StringComparison.Ordinal));
        await process.Gone;
        Assert.False(Directory.Exists($"/proc/{process.Id}"));
    }

    [Fact]
    public async Task Process_that_has_left_nothing_is_gone_at_once()
    {
        var process = Limited("exit 5", TimeSpan.FromDays(30));

        Assert.Equal(5, (await process.Ended).ExitCode);
        await process.Gone;
        Assert.False(Directory.Exists($"/proc/{process.Id}"));
        Assert.Equal(9, (await Limited("kill -9 $$", TimeSpan.FromDays(30)).Ended).Signal);
    }

    [Fact]
    public async Task Limit_ends_a_process_that_runs() => Assert.Equal(9, (await Limited("sleep 1000 & wait", TimeSpan.FromMilliseconds(50)).Ended).Signal);

    [Fact]
    public async Task Hundred_processes_at_once_all_end_and_leave_no_zombie()
    {
        var running = Enumerable.Range(0, 100).Select(_ => _processes.Start(Shell("read line; echo $line; exit 3") with { Input = null })).ToList();
        var ends = await Task.WhenAll(running.Select(process => process.Ended));
        await Task.WhenAll(running.Select(process => process.Drained));

        Assert.All(ends, end => Assert.Equal(3, end.ExitCode));
        Assert.All(running, process => Assert.False(Directory.Exists($"/proc/{process.Id}")));
    }

    private static LinuxGuestProcess Limited(string script, TimeSpan limit)
    {
        using var pipes = new ChildPipes(hasInput: false, OutputCapture.None);
        var plan = new SpawnPlan("/bin/sh", ["sh", "-c", script], StringBlock.OfEnvironment());
        Assert.Equal(Errno.Success, Spawner.SpawnHere(plan, [pipes.ChildInput, pipes.ChildOut, pipes.ChildError], out var process));
        return new LinuxGuestProcess(process, pipes.TakeOurs(), default, new CaptureBudget(1 << 20), limit);
    }

    private string FailureOf(ProcessStart start) =>
        Assert.Throws<PlatformException>(() => _processes.Start(start)).Message;

    private static ProcessStart Shell(string script) => new("/bin/sh", ["-c", script], Environment: null, Input: null, OutputCapture.Separated);

    private static string Text(CapturedText text) => Encoding.UTF8.GetString(text.Bytes.Span);

    private async Task<(ProcessEnd End, ProcessOutput Output)> Run(ProcessStart start)
    {
        var process = _processes.Start(start);
        await process.Drained;
        return (await process.Ended, process.TakeOutput());
    }
}
