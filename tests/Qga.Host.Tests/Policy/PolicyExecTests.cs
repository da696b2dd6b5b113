using Qga.Testing;

namespace Qga.Host.Tests.Policy;

/// <summary>Which programs rules let a host run, and as what they run.</summary>
public sealed class PolicyExecTests
{
    private const string Status = "allow guest-exec-status\n";
    private const string Python = "/usr/bin/python3";

    [Fact]
    public void Program_is_what_is_found_whatever_it_is_called()
    {
        using var lab = new PolicyLab($"deny guest-exec path=/bin/sh\nallow guest-exec env=PATH\n{Status}");
        Directory.CreateDirectory(lab.PathOf("bin"));
        File.CreateSymbolicLink(lab.PathOf("bin/true"), "/bin/sh");

        Assert.All(
            (string[])["sh", "/bin/sh", "/usr/bin/../bin/sh", "/proc/self/root/bin/sh", lab.PathOf("bin/true")],
            path => Assert.Equal("refused by the guest's policy (10-lab.rules:1)", Qmp.Error(lab.Exec(path, ["-c", "echo no"]))));
        Assert.True(PolicyLab.IsRefused(lab.Exec("true", [], [$"PATH=/none:{lab.PathOf("bin")}"])));
        Assert.Equal(0, (int)lab.Run("true").Status["exitcode"]!);
        Assert.Equal("Failed to execute child process “no-such” (No such file or directory)", Qmp.Error(lab.Exec("no-such")));
        Assert.Equal("Failed to execute child process “/etc/passwd” (Permission denied)", Qmp.Error(lab.Exec("/etc/passwd")));
    }

    [Fact]
    public void Program_runs_as_it_would_without_rules()
    {
        using var lab = new PolicyLab($"allow guest-exec path=/usr/bin/**,/bin/** env=A,PATH\n{Status}");

        Assert.Equal("a b\n\n\n", lab.Run("printf", ["%s\n", "a b", "", ""]).Output);
        Assert.Equal("A=1\n", lab.Run("/usr/bin/env", [], ["A=1"]).Output);
        Assert.Equal("0\n1\n2\n3\n", lab.Run("ls", ["/proc/self/fd"]).Output);
        Assert.Equal(7, (int)lab.Run("sh", ["-c", "exit 7"]).Status["exitcode"]!);
        Assert.Equal(lab.Run("sh", ["-c", "echo $0 $PATH"]).Output, $"sh {lab.Run("sh", ["-c", "echo $PATH"]).Output}");
        Assert.StartsWith("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n", lab.Run("grep", ["-E", "Sig(Blk|Ign)", "/proc/self/status"]).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Script_runs_by_its_descriptor()
    {
        using var lab = new PolicyLab($"allow guest-exec path=ROOT/open/*\n{Status}");
        WriteProgram(lab, "open/script", "#!/bin/sh\necho script \"$1\"\n");
        WriteProgram(lab, "open/plain", "echo plain \"$1\"\n");
        WriteProgram(lab, "shut/script", "#!/bin/sh\necho shut\n");
        WriteProgram(lab, "open/orphan", "#!/no/such\n");
        File.CreateSymbolicLink(lab.PathOf("open/link"), "../shut/script");

        Assert.Equal("script x y\n", lab.Run(lab.PathOf("open/script"), ["x y"]).Output);
        Assert.Equal("plain x\n", lab.Run(lab.PathOf("open/plain"), ["x"]).Output);
        Assert.True(PolicyLab.IsRefused(lab.Exec(lab.PathOf("open/link"))));
        Assert.EndsWith("(No such file or directory)", Qmp.Error(lab.Exec(lab.PathOf("open/orphan"))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Swap_between_look_and_use_runs_nothing_else()
    {
        const int Times = 400;
        using var lab = new PolicyLab($"allow guest-exec path=ROOT/open/good,ROOT/open/script\n{Status}");
        WriteProgram(lab, "open/script", "#!/bin/sh\nexit 0\n");
        WriteProgram(lab, "shut/bad", $"#!/bin/sh\ntouch {lab.PathOf("shut/ran")}\n");
        File.Copy("/bin/true", lab.PathOf("open/good"));
        PolicyLab.Swap(lab.PathOf("swap"), lab.PathOf("open/good"));
        using var over = new CancellationTokenSource();
        var swapper = Task.Run(() =>
        {
            string[] targets = ["shut/bad", "open/good", "shut/bad", "open/script"];
            for (var turn = 0; !over.IsCancellationRequested; turn++)
                PolicyLab.Swap(lab.PathOf("swap"), lab.PathOf(targets[turn % targets.Length]));
        });

        var (run, refused) = (0, 0);
        for (var time = 0; time < Times || (time < 100 * Times && (run == 0 || refused == 0)); time++)
        {
            var answer = lab.Exec(lab.PathOf("swap"));
            if (PolicyLab.IsRefused(answer))
                refused++;
            else if (Qmp.Return(answer)["pid"] is not null)
                run++;
        }

        await over.CancelAsync();
        await swapper;
        Assert.True(run > 0 && refused > 0, $"{run} run, {refused} refused");
        Assert.False(File.Exists(lab.PathOf("shut/ran")));
    }

    [Fact]
    public void Name_of_a_program_is_the_rules()
    {
        using var lab = new PolicyLab($"allow guest-exec path=ROOT/open/tool\n{Status}");
        File.Copy("/bin/bash", lab.PathOf("open/tool"));
        File.CreateSymbolicLink(lab.PathOf("other"), "open/tool");
        File.CreateSymbolicLink(lab.PathOf("tool"), "open/tool");

        Assert.Equal($"{lab.PathOf("open/tool")}\n", lab.Run(lab.PathOf("other"), ["-c", "echo $0"]).Output);
        Assert.Equal($"{lab.PathOf("open/tool")}\n", lab.Run(lab.PathOf("tool"), ["-c", "echo $0"]).Output);
    }

    /// <summary>A python that is told that it is another looks for its modules beside that.</summary>
    [ToolFact(Python)]
    public void Interpreter_is_not_told_that_it_is_somewhere_else()
    {
        var python = ProcessRun.Of("readlink", ["-f", Python]).Output.Trim();
        using var lab = new PolicyLab($"allow guest-exec path={python} args=-c,pass\n{Status}");
        var packages = Directory.CreateDirectory(lab.PathOf($"venv/lib/{Path.GetFileName(python)}/site-packages")).FullName;
        Directory.CreateDirectory(lab.PathOf("venv/bin"));
        File.CreateSymbolicLink(lab.PathOf($"venv/bin/{Path.GetFileName(python)}"), python);
        File.WriteAllText(lab.PathOf("venv/pyvenv.cfg"), $"home = {Path.GetDirectoryName(python)}\n");
        File.WriteAllText($"{packages}/x.pth", $"import os; open('{lab.PathOf("ran")}', 'w')\n");

        Assert.Equal(0, (int)lab.Run(lab.PathOf($"venv/bin/{Path.GetFileName(python)}"), ["-c", "pass"]).Status["exitcode"]!);
        Assert.False(File.Exists(lab.PathOf("ran")));
    }

    [Theory]
    [InlineData("LD_PRELOAD=/x.so")]
    [InlineData("LD_LIBRARY_PATH=/x")]
    [InlineData("BASH_ENV=/x")]
    [InlineData("IFS=x")]
    [InlineData("PATH=/x")]
    [InlineData("PYTHONPATH=/x")]
    [InlineData("DBUS_SYSTEM_BUS_ADDRESS=unixexec:path=/bin/sh,argv1=-c,argv2=id")]
    [InlineData("TAR_OPTIONS=--checkpoint=1 --checkpoint-action=exec=id")]
    [InlineData("MAKEFLAGS=--eval=x")]
    [InlineData("LESS=+!id")]
    [InlineData("XDG_RUNTIME_DIR=/x")]
    [InlineData("ANYTHING=1")]
    [InlineData("LANGUAGE=../../tmp")]
    public void Variable_that_has_a_program_run_something_else_is_refused(string variable)
    {
        using var lab = new PolicyLab($"allow guest-exec\n{Status}");

        Assert.True(PolicyLab.IsRefused(lab.Exec("/bin/true", [], ["LANG=C", variable])));
        Assert.Equal(0, (int)lab.Run("/bin/true", [], ["LANG=C"]).Status["exitcode"]!);
    }

    [ToolFact("tar")]
    public void Variable_with_options_runs_nothing()
    {
        using var lab = new PolicyLab($"allow guest-exec path={ToolFactAttribute.Find("tar")} args=-cf,/dev/null,/etc/hostname\n{Status}");
        string[] arguments = ["-cf", "/dev/null", "/etc/hostname"];

        Assert.True(PolicyLab.IsRefused(lab.Exec("tar", arguments, [$"TAR_OPTIONS=--checkpoint=1 --checkpoint-action=exec=touch${{IFS}}{lab.PathOf("ran")}"])));
        Assert.Equal(0, (int)lab.Run("tar", arguments, ["LC_ALL=C"]).Status["exitcode"]!);
        Assert.False(File.Exists(lab.PathOf("ran")));
    }

    [Fact]
    public void Variable_that_a_rule_names_reaches_the_program_and_nothing_before_it()
    {
        using var lab = new PolicyLab($"allow guest-exec path=/usr/bin/env env=LD_DEBUG,DOTNET_GCHeapHardLimit\n{Status}");

        // The loader of whatever starts with it would print, and a runtime that saw the other would not come up.
        var (status, output) = lab.Run("/usr/bin/env", [], ["DOTNET_GCHeapHardLimit=1", "LD_DEBUG=help"]);
        Assert.DoesNotContain("qga", output, StringComparison.Ordinal);
        Assert.Contains("Valid options for the LD_DEBUG environment variable", output, StringComparison.Ordinal);
        Assert.Equal(0, (int)status["exitcode"]!);
    }

    [ToolFact("id", NeedsRoot = true)]
    public void Program_runs_as_the_user_of_the_rule()
    {
        using var lab = new PolicyLab($"allow guest-exec user=nobody\n{Status}");
        var groups = ProcessRun.Of("id", ["nobody"]).Output;

        Assert.Equal(groups, lab.Run("id").Output);
        Assert.Equal("CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n", lab.Run("grep", ["-E", "Cap(Prm|Eff)", "/proc/self/status"]).Output);
        Assert.Equal("/nonexistent nobody nobody /usr/sbin/nologin\n", lab.Run("sh", ["-c", "echo $HOME $USER $LOGNAME $SHELL"]).Output);
        Assert.Equal("", lab.Run("cat", ["/etc/shadow"]).Output);
        lab.WriteRules($"allow guest-exec user=no-such-user\n{Status}");
        lab.Reload();
        Assert.StartsWith("failed to lookup user 'no-such-user': there is no such user", Qmp.Error(lab.Exec("id")), StringComparison.Ordinal);
    }

    [Fact]
    public void Program_that_takes_longer_than_the_rule_allows_is_ended_with_its_group()
    {
        using var lab = new PolicyLab($"allow guest-exec timeout=1\n{Status}");

        var (status, _) = lab.Run("sh", ["-c", "sleep 1000 & wait"]);
        Assert.Equal(9, (int)status["signal"]!);
        Assert.Equal(0, (int)lab.Run("true").Status["exitcode"]!);
    }

    [Fact]
    public void What_a_program_leaves_in_its_group_is_ended_at_the_limit_of_its_rule()
    {
        using var lab = new PolicyLab($"allow guest-exec timeout=2\n{Status}");

        var (status, output) = lab.Run("sh", ["-c", "sleep 1000 > /dev/null 2>&1 & echo $!; exit 5"]);
        Assert.Equal(5, (int)status["exitcode"]!);
        Eventually.True(() => !Directory.Exists($"/proc/{output.Trim()}"));
    }

    [ToolFact(NeedsRoot = true)]
    public void Every_directory_on_the_way_to_a_program_must_be_open_to_its_user()
    {
        using var lab = new PolicyLab($"allow guest-exec path=ROOT/open/script user=nobody\n{Status}");
        WriteProgram(lab, "open/script", "#!/bin/sh\necho ran\n");
        File.SetUnixFileMode(lab.Root, (UnixFileMode)Convert.ToInt32("755", 8));
        Assert.Equal("ran\n", lab.Run(lab.PathOf("open/script")).Output);

        File.SetUnixFileMode(lab.PathOf("open"), (UnixFileMode)Convert.ToInt32("700", 8));
        Assert.EndsWith("(Permission denied)", Qmp.Error(lab.Exec(lab.PathOf("open/script"))), StringComparison.Ordinal);
    }

    [Fact]
    public void Which_programs_there_are_is_told_only_to_whom_they_are_allowed()
    {
        using var lab = new PolicyLab($"allow guest-exec path=/usr/bin/true,/bin/true\n{Status}");

        Assert.Equal(Qmp.Error(lab.Exec("id")), Qmp.Error(lab.Exec("no-such-program")));
        Assert.True(PolicyLab.IsRefused(lab.Exec("no-such-program")));
    }

    /// <summary>Such an expression has taken minutes and gigabytes, in the actor that routes all requests.</summary>
    [Fact]
    public void Expression_that_takes_too_long_holds_up_nobody_else()
    {
        using var lab = new PolicyLab($"deny guest-exec arg1=^(.*a.{{20}}){{10}}c$\nallow guest-exec\n{Status}");
        var random = new Random(1);
        var argument = new string([.. Enumerable.Range(0, 120_000).Select(_ => random.Next(2) == 0 ? 'a' : 'b')]);

        for (var time = 0; time < 3; time++)
        {
            var answer = lab.Exec("/bin/true", [argument]);
            Assert.True(PolicyLab.IsRefused(answer) || answer.Contains("return", StringComparison.Ordinal), answer);
        }

        Assert.True(PolicyLab.IsRefused(lab.Exec("/bin/true", [new string('a', 128 * 1024)])));
        Assert.Equal(Qmp.Pong, lab.Ask(Qmp.Ping));
        Assert.InRange(ProcessStatus.PeakMemory(lab.Agent.Pid), 0, 200 * 1024);
    }

    [Fact]
    public void Arguments_are_looked_at_one_by_one()
    {
        using var lab = new PolicyLab($"allow guest-exec path=/usr/bin/printf args=%s,[a-z]+,...\nallow guest-exec path=/usr/bin/echo args=\n{Status}");

        Assert.Equal("abc", lab.Run("printf", ["%s", "a", "b", "c"]).Output);
        Assert.Equal("\n", lab.Run("/usr/bin/echo").Output);
        string[][] refused = [["%s"], ["%s", ""], ["%s", "a\n"], ["%s", "a\nb"], ["%s", "a", "B"], ["%s a"], ["%s", "a b"], ["", "%s", "a"], []];
        Assert.All(refused, arguments => Assert.True(PolicyLab.IsRefused(lab.Exec("printf", arguments)), string.Join('|', arguments)));
        Assert.True(PolicyLab.IsRefused(lab.Exec("/usr/bin/echo", [""])));
        Assert.Contains("has a NUL character in it", lab.Exec("/usr/bin/echo\0x"), StringComparison.Ordinal);
    }

    [Fact]
    public void Command_is_what_its_name_means()
    {
        using var lab = new PolicyLab("deny guest-exec\nallow *");

        Assert.Contains("CommandNotFound", lab.Ask("""{"execute":"guest\u002dexec","arguments":{"path":"/bin/true"}}"""), StringComparison.Ordinal);
        Assert.All(
            (string[])["Guest-Exec", "guest-exec ", "guest-exec\\u0000", "guest\\u2010exec", "gueſt-exec"],
            name => Assert.Contains("has not been found", lab.Ask($"{{\"execute\":\"{name}\"}}"), StringComparison.Ordinal));
    }

    /// <summary>By another process: what is open for writing when something is started can't be executed.</summary>
    private static void WriteProgram(PolicyLab lab, string name, string content)
    {
        File.WriteAllText(lab.PathOf("source"), content);
        Assert.Equal(0, ProcessRun.Of("install", ["-m", "755", lab.PathOf("source"), lab.PathOf(name)]).ExitCode);
    }
}
