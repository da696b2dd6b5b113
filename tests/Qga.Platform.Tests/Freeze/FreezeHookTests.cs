using System.Globalization;
using Qga.Platform.Freeze;
using Qga.Platform.Processes;
using Qga.Testing;

namespace Qga.Platform.Tests.Freeze;

/// <summary>The hook with real programs; where qemu-ga has the behaviour, the texts are those of its 11.1.3.</summary>
public sealed class FreezeHookTests : IDisposable
{
    private static readonly TimeSpan Limit = Eventually.Patience;

    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(FreezeHookAction.Freeze, "freeze")]
    [InlineData(FreezeHookAction.Thaw, "thaw")]
    public void Hook_gets_the_action_as_its_only_argument(FreezeHookAction action, string argument)
    {
        var file = _scratch.PathOf("arguments");

        new FreezeHook(Script($"echo $# $1 > {file}; echo ignored"), Limit).Run(action, FreezeHookReason.Request);

        Assert.Equal($"1 {argument}\n", File.ReadAllText(file));
    }

    [Theory]
    [InlineData("echo to out; exit 1", "child process has failed to execute fsfreeze hook: to out\n")]
    [InlineData("echo to err >&2; exit 1", "child process has failed to execute fsfreeze hook: to err\n")]
    [InlineData("echo to out; echo to err >&2; exit 3", "child process has failed to execute fsfreeze hook: to out\nto err\n")]
    [InlineData("exit 7", "child process has failed to execute fsfreeze hook: exit status 7")]
    [InlineData("exec >&- 2>&-; sleep 0.1; exit 8", "child process has failed to execute fsfreeze hook: exit status 8")]
    [InlineData("exit 137", "child process has failed to execute fsfreeze hook: exit status 137")]
    [InlineData("printf 'a\\377\\376b\\000c'; exit 1", "child process has failed to execute fsfreeze hook: a\uFFFD\uFFFDb")]
    [InlineData("cat; echo read; exit 1", "child process has failed to execute fsfreeze hook: read\n")]
    public void Failure_says_what_the_hook_has_printed(string script, string message)
    {
        var failure = FailureOf(Script(script));

        Assert.Equal((message, false), (failure.Message, failure.WasKilled));
    }

    [Theory]
    [InlineData("kill -KILL $$", "child process has terminated abnormally")]
    [InlineData("echo before; kill -TERM $$", "child process has terminated abnormally: before\n")]
    public void Hook_that_a_signal_has_ended_is_told_apart(string script, string message)
    {
        var failure = FailureOf(Script(script));

        Assert.Equal((message, true), (failure.Message, failure.WasKilled));
    }

    [Theory]
    [InlineData(FreezeHookAction.Freeze)]
    [InlineData(FreezeHookAction.Thaw)]
    public void Hook_that_others_can_write_is_not_run(FreezeHookAction action)
    {
        var hook = Script($"echo run > {_scratch.PathOf("traces")}");
        File.SetUnixFileMode(hook, File.GetUnixFileMode(hook) | UnixFileMode.OtherWrite);

        var failure = Assert.Throws<FreezeHookException>(() => new FreezeHook(hook, Limit).Run(action, FreezeHookReason.Request));

        Assert.Equal(
            ($"failed to execute fsfreeze hook: {hook} must not run as root: {hook} is writable by group or others (mode 0757)", false),
            (failure.Message, failure.WasKilled));
        Assert.False(File.Exists(_scratch.PathOf("traces")));
    }

    [Fact]
    public void Hook_that_is_not_there_yet_is_not_waited_for_where_others_could_put_it()
    {
        var directory = Directory.CreateDirectory(_scratch.PathOf("open")).FullName;
        File.SetUnixFileMode(directory, File.GetUnixFileMode(directory) | UnixFileMode.OtherWrite);

        Assert.StartsWith(
            $"failed to execute fsfreeze hook: {directory}/hook must not run as root: {directory} is writable",
            FailureOf($"{directory}/hook").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Hook_that_can_not_be_executed_is_named()
    {
        AssertNotExecuted(_scratch.PathOf("missing"), "No such file or directory");
        AssertNotExecuted(_scratch.Root, "Permission denied");
        AssertNotExecuted(_scratch.Write("not-executable", "#!/bin/sh\n"), "Permission denied");
        AssertNotExecuted(_scratch.WriteProgram("no-interpreter", "#!/no/such/interpreter\n"), "No such file or directory");
        File.CreateSymbolicLink(_scratch.PathOf("loop"), "loop");
        AssertNotExecuted(_scratch.PathOf("loop"), "Too many levels of symbolic links");
    }

    [Fact]
    public void Script_that_names_no_interpreter_is_run_by_the_shell()
    {
        var hook = _scratch.WriteProgram("hook", "echo $0 $#; exit 1\n");

        Assert.Equal($"child process has failed to execute fsfreeze hook: {hook} 1\n", FailureOf(hook).Message);
    }

    [Fact]
    public void Plain_name_is_looked_up_in_the_path() =>
        Assert.Equal("child process has failed to execute fsfreeze hook: exit status 1", FailureOf("false").Message);

    [Theory]
    [InlineData(FreezeHookAction.Freeze, FreezeHookReason.Request, "freeze request 60")]
    [InlineData(FreezeHookAction.Thaw, FreezeHookReason.Failure, "thaw failure 60")]
    [InlineData(FreezeHookAction.Thaw, FreezeHookReason.Deadline, "thaw deadline 60")]
    [InlineData(FreezeHookAction.Thaw, FreezeHookReason.Exit, "thaw exit 60")]
    public void Environment_is_ours_and_tells_why(FreezeHookAction action, FreezeHookReason reason, string expected)
    {
        var hook = new FreezeHook(
            Script("echo $QGA_HOOK_ACTION $QGA_HOOK_REASON $QGA_HOOK_TIMEOUT $PATH; exit 1"), TimeSpan.FromSeconds(60));

        var failure = Assert.Throws<FreezeHookException>(() => hook.Run(action, reason));

        Assert.EndsWith($": {expected} {Environment.GetEnvironmentVariable("PATH")}\n", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Hook_has_the_standard_streams_alone()
    {
        // And those that were passed to this process for its children, as any other child has them.
        var others = ProcessRun.Of("ls", ["/proc/self/fd"]).Output;

        Assert.EndsWith($": {others}", FailureOf(Script("ls /proc/self/fd; exit 1")).Message, StringComparison.Ordinal);
        Assert.EndsWith(": /dev/null\n", FailureOf(Script("readlink /proc/$$/fd/0; exit 1")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Hook_leads_a_session_and_has_no_signal_ignored_or_blocked()
    {
        // SIGPIPE among them, which the runtime ignores. The C library keeps signals 32 and 33 for itself.
        Assert.Matches(
            ": SigBlk:\t0{16}\nSigIgn:\t0{7}[01][08]0{7}\n$",
            FailureOf(Script("grep -E 'SigBlk|SigIgn' /proc/self/status; exit 1")).Message);

        var fields = FailureOf(Script("cat /proc/$$/stat; exit 1")).Message.Split(": ")[1].Split(' ');
        Assert.Equal((fields[0], fields[0]), (fields[4], fields[5]));
    }

    [Fact]
    public void Hook_that_takes_too_long_is_ended_with_its_children()
    {
        var file = _scratch.Write("watched", "");
        var hook = Script($"echo waiting; tail -f {file} & (tail -f {file}); echo never");

        var failure = Assert.Throws<FreezeHookException>(
            () => new FreezeHook(hook, TimeSpan.FromSeconds(2)).Run(FreezeHookAction.Freeze, FreezeHookReason.Request));

        Assert.Equal($"fsfreeze hook {hook} has not finished \"freeze\" within 2 s and was ended: waiting\n", failure.Message);
        Assert.True(failure.WasKilled);
        Eventually.True(() => !ProcessesWith(file).Any());
    }

    [Fact]
    public void Endless_output_does_not_outlast_the_limit()
    {
        var hook = new FreezeHook(Script("exec yes"), TimeSpan.FromSeconds(1));

        var failure = Assert.Throws<FreezeHookException>(() => hook.Run(FreezeHookAction.Thaw, FreezeHookReason.Request));

        Assert.Contains("has not finished \"thaw\" within 1 s and was ended: y\ny\n", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Child_that_stays_in_the_background_with_the_output_is_let_be()
    {
        var message = FailureOf(Script("sleep 1000 & echo $!; exit 1")).Message;

        var child = int.Parse(message.Split(": ")[1], CultureInfo.InvariantCulture);
        Signal.Kill.Send(child);
    }

    [Fact]
    public void Child_that_prints_without_end_does_not_hold_up_the_hook()
    {
        var file = _scratch.PathOf("y");

        Assert.Contains("first\n", FailureOf(Script($"echo first; yes {file} & exit 1")).Message, StringComparison.Ordinal);

        // It ends by SIGPIPE, as nobody reads it any more.
        Eventually.True(() => !ProcessesWith(file).Any());
    }

    [Fact]
    public void Huge_output_is_cut_in_the_middle()
    {
        var message = FailureOf(Script("echo begin; head -c 10000000 /dev/zero | tr '\\0' x; echo end; exit 1")).Message;

        Assert.StartsWith("child process has failed to execute fsfreeze hook: begin\nxxx", message, StringComparison.Ordinal);
        Assert.EndsWith("xxxend\n", message, StringComparison.Ordinal);
        Assert.Contains($"\n[{10_000_010 - 2 * BoundedOutput.PartSize} bytes left out]\n", message, StringComparison.Ordinal);
        Assert.InRange(message.Length, 0, 17_000);
    }

    [Theory]
    [InlineData("exit 1", 60)]
    [InlineData("kill -KILL $$", 60)]
    [InlineData("sleep 1000", 1)]
    public void Nothing_is_left_of_a_hook(string end, int seconds)
    {
        // Its process id and the pipe that it writes to.
        var file = _scratch.PathOf("identity");
        var hook = new FreezeHook(Script($"echo $$ > {file}; readlink /proc/$$/fd/1 >> {file}; {end}"), TimeSpan.FromSeconds(seconds));

        Assert.Throws<FreezeHookException>(() => hook.Run(FreezeHookAction.Freeze, FreezeHookReason.Request));

        var identity = File.ReadAllLines(file);
        Assert.False(Directory.Exists($"/proc/{identity[0]}"));
        var descriptors = Directory.GetFileSystemEntries("/proc/self/fd").Select(entry => new FileInfo(entry).LinkTarget).ToList();
        Assert.DoesNotContain(identity[1], descriptors);
    }

    private static void AssertNotExecuted(string path, string reason) => Assert.Equal(
        $"child process has failed to execute fsfreeze hook: failed to exec '{path}': {reason}\n", FailureOf(path).Message);

    private static FreezeHookException FailureOf(string path) => Assert.Throws<FreezeHookException>(
        () => new FreezeHook(path, Limit).Run(FreezeHookAction.Freeze, FreezeHookReason.Request));

    private static IEnumerable<string> ProcessesWith(string argument) => Directory.GetDirectories("/proc")
        .Where(process => char.IsDigit(process[^1]))
        .Where(process => CommandLine(process).Split('\0').Contains(argument));

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText($"{process}/cmdline");
        }
        catch (IOException)
        {
            return "";      // It has ended meanwhile.
        }
    }

    private string Script(string text) => _scratch.WriteProgram("hook", $"#!/bin/sh\n{text}\n");
}
