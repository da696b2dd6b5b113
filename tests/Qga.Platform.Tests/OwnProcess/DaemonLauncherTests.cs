using System.Text;
using Qga.Platform.OwnProcess;
using Qga.Testing;

namespace Qga.Platform.Tests.OwnProcess;

/// <summary>The launcher with a shell in the daemon's place.</summary>
public sealed class DaemonLauncherTests : IDisposable
{
    /// <summary>What a daemon does when its channel is open.</summary>
    private const string Ready = "set -- $QGA_DAEMON_STATUS; printf r > /proc/self/fd/$1;";

    private readonly string _folder = Directory.CreateTempSubdirectory("qga-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Launcher_ends_as_soon_as_the_daemon_is_ready()
    {
        // The daemon ends only with the FIFO's reader, which is opened after the launcher has returned.
        var fifo = Path.Combine(_folder, "fifo");
        ProcessRun.Of("mkfifo", [fifo]);

        Assert.Equal(0, Launch($"{Ready} echo $$ $2 > {fifo}; exit 1"));

        var words = File.ReadAllText(fifo).Split(' ', '\n');
        Assert.NotEqual(Environment.ProcessId, int.Parse(words[0]));
        Assert.Equal(Environment.ProcessId, int.Parse(words[1]));
    }

    [Theory]
    [InlineData("exit 3", 3)]
    [InlineData("exit 0", 0)]
    [InlineData("kill -KILL $$", 128 + 9)]
    public void Launcher_ends_as_a_daemon_that_was_never_ready(string script, int exitCode) => Assert.Equal(exitCode, Launch(script));

    [Fact]
    public void Daemon_leads_a_session_of_its_own()
    {
        var file = Path.Combine(_folder, "stat");

        Launch($"cat /proc/$$/stat > {file}");

        var fields = File.ReadAllText(file).Split(' ');
        var (process, group, session) = (fields[0], fields[4], fields[5]);
        Assert.Equal((process, process), (group, session));
    }

    [Fact]
    public void Arguments_and_environment_are_passed_byte_by_byte()
    {
        var file = Path.Combine(_folder, "words");

        Launch($"printf '%s,' \"$0\" \"$@\" \"$ONE\" \"$TWO\" > {file}", ["a b", "", "\u00ff"], ["ONE=1 \u00fe", "TWO="]);

        Assert.Equal("qga,a b,,\u00ff,1 \u00fe,,", File.ReadAllText(file, Encoding.Latin1));
    }

    [Fact]
    public void Word_of_another_launcher_is_not_passed_on()
    {
        var file = Path.Combine(_folder, "status");

        Launch($"echo $QGA_DAEMON_STATUS > {file}", [], ["QGA_DAEMON_STATUS=99 1"]);

        Assert.EndsWith($" {Environment.ProcessId}\n", File.ReadAllText(file), StringComparison.Ordinal);
    }

    [Fact]
    public void Program_that_can_not_be_started_is_an_error()
    {
        var failure = Assert.Throws<SystemCallException>(() => DaemonLauncher.Launch(Path.Combine(_folder, "missing"), "x\0"u8.ToArray(), []));

        Assert.Equal("failed to start the daemon: No such file or directory", failure.Message);
    }

    private static int Launch(string script, string[]? arguments = null, string[]? environment = null) =>
        DaemonLauncher.Launch("/bin/sh", Block(["sh", "-c", script, "qga", .. arguments ?? []]), Block(environment ?? []));

    private static byte[] Block(string[] strings) => Encoding.Latin1.GetBytes(string.Concat(strings.Select(text => text + '\0')));
}
