using Qga.Testing;

namespace Qga.Host.Tests.Service;

/// <summary>What a service manager hears of the published agent.</summary>
public sealed class ServiceTests : IDisposable
{
    private static readonly TimeSpan Watchdog = TimeSpan.FromSeconds(1);

    private readonly ScratchDirectory _scratch = new();
    private readonly NotifySocket _manager;

    public ServiceTests() => _manager = new NotifySocket(_scratch.PathOf("notify"));

    public void Dispose()
    {
        _manager.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public void Agent_is_ready_when_its_channel_is_open_and_says_when_it_ends()
    {
        using var agent = PublishedAgent.StartBy(_manager.Environment());
        _manager.Await("READY=1");
        Assert.Equal($"READY=1\nSTATUS=serving unix-listen {agent.SocketPath}", _manager.Messages[0]);

        Assert.Equal(0, agent.End(Signal.Terminate));
        _manager.Await("STOPPING=1");
        Assert.Equal(0, _manager.Feeds);
    }

    [Fact]
    public void Agent_that_waits_for_its_channel_is_ready_and_says_so()
    {
        var path = _scratch.PathOf("missing/socket");
        using var agent = new RunningProcess(
            "env", [.. _manager.Environment().Skip(1), PublishedAgent.Executable, "-r", "-m", "unix-listen", "-p", path, "-t", _scratch.Root]);

        _manager.Await($"READY=1\nSTATUS=waiting for unix-listen {path}");
    }

    [Trait("Speed", "Slow")]
    [Fact]
    public void Watchdog_is_fed_while_the_agent_answers_itself_and_not_while_it_does_not()
    {
        using var agent = PublishedAgent.StartBy(_manager.Environment(Watchdog), "-b", "guest-sync,guest-ping");
        Eventually.True(() => _manager.Feeds >= 3);

        Signal.Stop.Send(agent.Pid);
        var feeds = _manager.Feeds;
        Thread.Sleep(3 * Watchdog);
        Assert.InRange(_manager.Feeds, feeds, feeds + 1);

        Signal.Continue.Send(agent.Pid);
        Eventually.True(() => _manager.Feeds >= feeds + 3);
    }

    [HangingFileSystemFact]
    public void Watchdog_is_fed_while_commands_are_stuck()
    {
        using var hanging = new HangingFileSystem();
        using var agent = PublishedAgent.StartBy(_manager.Environment(Watchdog));
        using var client = agent.Connect();
        hanging.Hang();
        client.Send(Qmp.Open(hanging.PathOf("file")));
        var feeds = _manager.Feeds;

        Eventually.True(() => _manager.Feeds >= feeds + 3);
    }

    [Fact]
    public void Programs_hear_nothing_of_the_service_manager()
    {
        using var agent = PublishedAgent.StartBy(_manager.Environment(Watchdog));
        using var client = agent.Connect();

        Assert.DoesNotContain("NOTIFY_SOCKET", GuestProgram.Output(GuestProgram.Shell(client, "env")), StringComparison.Ordinal);
    }

    [Fact]
    public void Reload_takes_the_lists_and_a_broken_file_changes_nothing()
    {
        var configuration = Configure("block-rpcs=guest-get-time");
        using var agent = PublishedAgent.StartBy(_manager.Environment(), "-c", configuration);
        using var client = agent.Connect();
        Assert.Contains("has been disabled", client.Ask(Time), StringComparison.Ordinal);

        Configure("block-rpcs=guest-get-osinfo\npidfile=/run/other.pid");
        Reload(agent);
        Assert.Contains("return", client.Ask(Time), StringComparison.Ordinal);
        Assert.Contains("has been disabled", client.Ask(System), StringComparison.Ordinal);
        agent.AwaitOutput("warning: key pidfile has changed, which takes effect at the next start");

        Configure("block-rpcs=guest-get-time\ndaemon=perhaps");
        Reload(agent);
        agent.AwaitOutput("critical: the settings stay as they were");
        Assert.Contains($"error loading configuration from path: {configuration}", agent.Output, StringComparison.Ordinal);
        Assert.Contains("has been disabled", client.Ask(System), StringComparison.Ordinal);
        Assert.Contains("return", client.Ask(Time), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rm FILE", "the configuration file FILE is missing: only a start takes that for its removal")]
    [InlineData("mv FILE FILE~; ln -s FILE~~ FILE", "the configuration file FILE is missing: only a start takes that for its removal")]
    [InlineData(": > FILE", "the configuration file FILE is empty: only a start takes that for its removal")]
    [InlineData("echo '[general]' > FILE", "the configuration file FILE is empty: only a start takes that for its removal")]
    [InlineData("rm FILE; mkdir FILE", "error loading configuration from path: FILE, Not a regular file")]
    [InlineData("rm FILE; mkfifo FILE", "error loading configuration from path: FILE, Not a regular file")]
    [InlineData("chmod 666 FILE", "error loading configuration from path: FILE, the file is writable by group or others (mode 0666)")]
    public void Reload_without_the_file_that_was_in_effect_lifts_no_block(string change, string reason)
    {
        var configuration = Configure("block-rpcs=guest-get-time");
        using var agent = PublishedAgent.StartBy([.. _manager.Environment(), $"QGA_CONF={configuration}"]);
        using var client = agent.Connect();

        ProcessRun.Of("sh", ["-c", change.Replace("FILE", configuration, StringComparison.Ordinal)]);
        Reload(agent);

        agent.AwaitOutput("critical: the settings stay as they were");
        Assert.Contains($"critical: {reason.Replace("FILE", configuration, StringComparison.Ordinal)}", agent.Output, StringComparison.Ordinal);
        Assert.Contains("has been disabled", client.Ask(Time), StringComparison.Ordinal);
    }

    [Fact]
    public void Reload_says_what_is_allowed_again_and_what_names_no_command()
    {
        Configure("block-rpcs=guest-get-time");
        using var agent = PublishedAgent.StartBy(_manager.Environment(), "-c", _scratch.PathOf("qemu-ga.conf"));

        Configure("block-rpcs=guest-get-tiem");
        Reload(agent);

        agent.AwaitOutput("names guest-get-tiem, which is no command");
        agent.AwaitOutput("warning: guest-get-time was disabled and is allowed now");
    }

    [Theory]
    [InlineData("--default-signal")]
    [InlineData("--ignore-signal")]
    [InlineData("--block-signal")]
    public void Reload_opens_the_log_anew(string launcherOption)
    {
        var log = _scratch.PathOf("log");
        using var agent = PublishedAgent.StartBy(["env", launcherOption, .. _manager.Environment().Skip(1)], "-v", "-l", log);
        Eventually.True(() => File.Exists(log) && new FileInfo(log).Length > 0);
        File.Move(log, log + ".1");

        Reload(agent);

        Eventually.True(() => File.Exists(log) && File.ReadAllText(log).Contains("the settings were read anew", StringComparison.Ordinal));
        Assert.False(ProcessStatus.HasOpen(agent.Pid, log + ".1"));
    }

    private static string Time => Qmp.Request("guest-get-time");

    private static string System => Qmp.Request("guest-get-osinfo");

    private string Configure(string settings)
    {
        var path = _scratch.Write("qemu-ga.conf", $"[general]\n{settings}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    /// <summary>Has it read its settings, and waits for the end of that.</summary>
    private void Reload(PublishedAgent agent)
    {
        int Ends() => _manager.Messages.Count(message => message.StartsWith("READY=1", StringComparison.Ordinal));

        Eventually.True(() => Ends() > 0);
        var before = Ends();
        Signal.HangUp.Send(agent.Pid);
        Eventually.True(() => Ends() > before);
        Assert.StartsWith("RELOADING=1", _manager.Messages[^2], StringComparison.Ordinal);
    }
}
