using Qga.Testing;

namespace Qga.Host.Tests.Service;

/// <summary>
/// The agent under a systemd of its own, in units as others write them for qemu-ga: nothing in them knows of a guardian.
/// </summary>
public sealed class SystemdTests : IDisposable
{
    private const string Unit = "agent.service";
    private const string Guardian = "qga-freeze-guardian";
    private const string HookLog = "/run/hook.log";

    private readonly SystemdLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [SystemdLabFact]
    public void Agent_that_is_killed_while_frozen_is_there_again_at_once()
    {
        Start("Restart=always");
        Freeze();
        var first = _lab.MainProcess(Unit);

        _lab.Run($"kill -9 {first}");

        AwaitAnother(first);
        Assert.True(_lab.Volume.IsFrozen);
        Assert.Matches($@"^(/\S+)?/system\.slice/{Guardian}-\d+\.scope$", _lab.GroupOf(Guardian));
        Thaw();
        Eventually.True(() => _lab.Systemctl("list-units", "--all", "--plain", "--no-legend", $"'{Guardian}*'").Length == 0);
    }

    [SystemdLabFact]
    public void Stop_while_frozen_thaws_the_guest()
    {
        Start("Restart=always");
        Freeze();

        _lab.Systemctl("stop", Unit);

        Assert.Equal("inactive", _lab.Systemctl("show", "-P", "ActiveState", Unit));
        Assert.Equal("success", _lab.Systemctl("show", "-P", "Result", Unit));
        AssertAtRest("thaw exit\n");
    }

    [SystemdLabFact]
    public void Restart_keeps_the_freeze()
    {
        Start("Restart=always");
        Freeze();
        var first = _lab.MainProcess(Unit);

        _lab.Systemctl("restart", Unit);

        AwaitAnother(first);
        Assert.True(_lab.Volume.IsFrozen);
        Thaw();
        AssertAtRest("thaw request\n");
    }

    [SystemdLabFact]
    public void Signal_without_a_job_is_ignored_while_frozen()
    {
        Start("Type=notify\nRestart=always");
        Freeze();
        var first = _lab.MainProcess(Unit);

        _lab.Systemctl("kill", "--kill-who=main", Unit);
        Eventually.True(() => _lab.Systemctl("show", "-P", "StatusText", Unit).EndsWith("; a signal to end was ignored", StringComparison.Ordinal));

        using (var client = _lab.Connect())
            Assert.Equal("""{"return": "frozen"}""", client.Ask(Qmp.FreezeStatus));
        Thaw();
        Eventually.True(() => LogText().Contains("a signal to end is ignored while the guest is frozen", StringComparison.Ordinal));
        Assert.Equal(first, _lab.MainProcess(Unit));
    }

    [SystemdLabFact]
    public void Guest_that_shuts_down_while_frozen_is_thawed()
    {
        Start("Restart=always");
        Freeze();

        _lab.Systemctl("start", "shutdown.target");

        AssertAtRest("thaw exit\n");
    }

    [SystemdLabFact]
    public void Guest_that_shuts_down_with_a_guardian_alone_is_thawed()
    {
        Start("Restart=no");
        Freeze();
        _lab.Run($"kill -9 {_lab.MainProcess(Unit)}");
        Eventually.True(() => _lab.Systemctl("show", "-P", "ActiveState", Unit) == "failed");
        Assert.True(_lab.Volume.IsFrozen);

        _lab.Systemctl("start", "shutdown.target");

        AssertAtRest("thaw deadline\n");
    }

    [SystemdLabFact]
    public void Guardian_needs_no_word_of_the_unit_to_outlive_its_stop()
    {
        Start("KillSignal=SIGKILL");
        Freeze();

        _lab.Systemctl("stop", Unit);

        Assert.True(_lab.Volume.IsFrozen);
        Assert.NotNull(_lab.GroupOf(Guardian));
        Assert.Equal("thawed 1 filesystems\n", _lab.Run("/agent/qemu-ga thaw").Output);
        Assert.False(_lab.Volume.IsFrozen);
    }

    [SystemdLabFact]
    public void Wrong_option_is_not_tried_again_and_a_missing_port_is()
    {
        const string Settings = "Restart=always\nRestartPreventExitStatus=64 78\nRestartSec=0\n";
        _lab.WriteUnit(Unit, $"[Service]\nExecStart=/agent/qemu-ga --bogus\n{Settings}");
        _lab.WriteUnit("other.service", $"[Unit]\nStartLimitBurst=3\n[Service]\nExecStart=/agent/qemu-ga -p /nonexistent\n{Settings}");
        _lab.Systemctl("start", "other.service", Unit);

        Eventually.True(() => _lab.Systemctl("show", "-P", "NRestarts", "other.service") == "3");
        Eventually.True(() => _lab.Systemctl("show", "-P", "ActiveState", Unit) == "failed");
        Assert.Equal("0", _lab.Systemctl("show", "-P", "NRestarts", Unit));
    }

    [SystemdLabFact]
    public void Check_tells_of_the_control_group()
    {
        Start("Restart=always");

        // An agent can be asked a moment after it serves its host.
        var check = "";
        Eventually.True(() => (check = _lab.Run("/agent/qemu-ga check").Output).Contains("guardian:", StringComparison.Ordinal));
        Assert.Matches(@"ok +guardian: +a freeze has a guardian in a control group of its own: a scope of systemd \d+", check);
    }

    private void Start(string settings)
    {
        _lab.Lab.WriteProgram("/etc/hook", $"[ $1 = freeze ] || echo $1 $QGA_HOOK_REASON >> {HookLog}");
        var options = $"-m unix-listen -p {SystemdLab.Socket} -l /run/agent.log -F/etc/hook";
        _lab.WriteUnit(Unit, $"[Service]\nExecStart=/agent/qemu-ga {options}\n{settings}\n");
        _lab.Systemctl("start", Unit);
        Eventually.True(Answers);
    }

    private void AwaitAnother(string first) =>
        Eventually.True(() => _lab.MainProcess(Unit) is var next && next != first && next != "0" && Answers());

    private bool Answers()
    {
        try
        {
            using var client = _lab.Connect();
            return client.Ask(Qmp.Sync(1)).Length > 0;
        }
        catch (Exception failure) when (failure is System.Net.Sockets.SocketException or IOException)
        {
            return false;
        }
    }

    private void Freeze()
    {
        using var client = _lab.Connect();
        Assert.Equal("""{"return": 1}""", client.Ask(Qmp.Freeze));
    }

    private void Thaw()
    {
        using var client = _lab.Connect();
        Assert.Equal("""{"return": "frozen"}""", client.Ask(Qmp.FreezeStatus));
        Assert.Equal("""{"return": 1}""", client.Ask(Qmp.Thaw));
    }

    private string LogText() => File.ReadAllText(_lab.Lab.PathOf("/run/agent.log"));

    private void AssertAtRest(string hooks)
    {
        Assert.False(_lab.Volume.IsFrozen);
        Eventually.True(() => _lab.GroupOf(Guardian) is null);
        Assert.Equal(hooks, File.ReadAllText(_lab.Lab.PathOf(HookLog)));
        Assert.False(File.Exists(_lab.Lab.PathOf("/run/qga.state.isfrozen")));
    }
}
