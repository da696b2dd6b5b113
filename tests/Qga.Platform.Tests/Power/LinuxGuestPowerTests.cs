using Qga.Platform.Power;
using Qga.Platform.Processes;
using Qga.Testing;

namespace Qga.Platform.Tests.Power;

/// <summary>Programs in a scratch directory that note how they are called; those of this machine are out of reach.</summary>
public sealed class LinuxGuestPowerTests : IDisposable
{
    private const string NotSupported = "the requested suspend mode is not supported by the guest";

    private readonly ScratchDirectory _root = new();
    private readonly LinuxGuestPower _power;

    public LinuxGuestPowerTests() => _power = new LinuxGuestPower(_root.Root, programs: _root.PathOf("bin/"));

    private string[] Calls => File.Exists(_root.PathOf("calls")) ? File.ReadAllLines(_root.PathOf("calls")) : [];

    [Theory]
    [InlineData(ShutdownMode.Halt, "halt", "-H")]
    [InlineData(ShutdownMode.PowerDown, "poweroff", "-P")]
    [InlineData(ShutdownMode.Reboot, "reboot", "-r")]
    public void Program_of_the_mode_goes_before_shutdown(ShutdownMode mode, string program, string option)
    {
        Install("sbin/shutdown");
        _power.ShutDown(mode);
        Install($"sbin/{program}");
        _power.ShutDown(mode);

        Assert.Equal([$"shutdown -h {option} +0 hypervisor initiated shutdown", program], Calls);
    }

    [Fact]
    public void Failure_to_go_down_is_told_with_what_the_program_said()
    {
        Install("sbin/poweroff", "echo not now; exit 3");
        Assert.Equal(
            "child process has failed to shutdown: not now\n", Assert.Throws<PlatformException>(
                () => _power.ShutDown(ShutdownMode.PowerDown)).Message);
    }

    [Theory]
    [InlineData("poweroff", "poweroff", "shutdown", "systemctl", "busybox")]
    [InlineData("shutdown -h -P +0 hypervisor initiated shutdown", "shutdown", "systemctl", "busybox")]
    [InlineData("systemctl poweroff", "systemctl", "busybox")]
    [InlineData("busybox poweroff", "busybox")]
    public void Programs_that_are_elsewhere_follow(string call, params string[] programs)
    {
        foreach (var program in programs)
            Install($"bin/{program}");

        _power.ShutDown(ShutdownMode.PowerDown);

        Assert.Equal([call], Calls);
    }

    [Fact]
    public void Where_there_is_no_program_all_that_was_tried_is_named()
    {
        // What can't be executed is none either.
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(_root.PathOf("sbin")).FullName, "halt"), "");
        Directory.CreateDirectory(_root.PathOf("bin/halt"));
        _root.WriteProgram("bin/systemctl", "#!/no/such\n");

        Assert.Equal(
            $"child process has failed to shutdown: failed to exec '{_root.Root}/sbin/shutdown': No such file or directory; "
            + $"tried as well: halt, shutdown, systemctl, busybox in {SystemPrograms.SearchPath}",
            Assert.Throws<PlatformException>(() => _power.ShutDown(ShutdownMode.Halt)).Message);
    }

    [Theory]
    [InlineData(ShutdownMode.PowerDown, "poweroff")]
    [InlineData(ShutdownMode.Halt, "halt")]
    [InlineData(ShutdownMode.Reboot, "reboot")]
    public void Busybox_is_used_before_systemctl_where_it_is_the_program(ShutdownMode mode, string applet)
    {
        // The link to it has no arguments, so a shell in its place reads nothing and ends in peace.
        ProcessRun.Of("install", ["-D", "/bin/sh", _root.PathOf("bin/busybox")]);
        File.CreateSymbolicLink(Path.Combine(Directory.CreateDirectory(_root.PathOf("sbin")).FullName, applet), "../bin/busybox");
        Install("bin/systemctl");

        _power.ShutDown(mode);

        Assert.Empty(Calls);
    }

    [Theory]
    [InlineData(SuspendMode.Disk, "systemd-hibernate", "hibernate")]
    [InlineData(SuspendMode.Ram, "systemd-suspend", "suspend")]
    [InlineData(SuspendMode.Hybrid, "systemd-hybrid-sleep", "hybrid-sleep")]
    public void Systemd_goes_first(SuspendMode mode, string unit, string verb)
    {
        InstallSystemd(status: 3, suspend: 0);
        InstallPmUtils(mode, isSupported: 0, suspend: 0);
        WriteState("freeze mem disk\n");

        _power.Suspend(mode);

        Assert.Equal([$"systemctl status {unit}", $"systemctl {verb}"], Calls);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(4, false)]
    [InlineData(5, false)]
    public void Systemd_is_used_where_its_unit_is_there_and_rests(int status, bool isUsed)
    {
        InstallSystemd(status, suspend: 0);

        if (isUsed)
            _power.Suspend(SuspendMode.Ram);
        else
            Assert.Equal(NotSupported, Assert.Throws<PlatformException>(() => _power.Suspend(SuspendMode.Ram)).Message);
        Assert.Equal(isUsed, Calls.Contains("systemctl suspend"));
    }

    [Theory]
    [InlineData(SuspendMode.Disk, "--hibernate", "pm-hibernate")]
    [InlineData(SuspendMode.Ram, "--suspend", "pm-suspend")]
    [InlineData(SuspendMode.Hybrid, "--suspend-hybrid", "pm-suspend-hybrid")]
    public void Pm_utils_follow_where_systemd_fails(SuspendMode mode, string question, string program)
    {
        InstallSystemd(status: 1, suspend: 1);
        InstallPmUtils(mode, isSupported: 0, suspend: 0);
        WriteState("freeze mem disk\n");

        _power.Suspend(mode);

        Assert.Equal([$"pm-is-supported {question}", program], Calls[2..]);
        Assert.Equal("freeze mem disk\n", State);
    }

    [Theory]
    [InlineData(SuspendMode.Disk, "disk")]
    [InlineData(SuspendMode.Ram, "mem")]
    public void Kernel_is_last(SuspendMode mode, string word)
    {
        InstallSystemd(status: 1, suspend: 1);
        InstallPmUtils(mode, isSupported: 0, suspend: 1);
        WriteState("freeze mem disk\n");

        _power.Suspend(mode);

        Assert.Equal(4, Calls.Length);
        Assert.StartsWith(word, State);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("freeze standby\n")]
    [InlineData("freeze memory diskette\n")]
    [InlineData(null)]
    public void Kernel_that_does_not_know_the_word_is_not_told_it(string? state)
    {
        if (state is not null)
            WriteState(state);

        Assert.Equal(NotSupported, Assert.Throws<PlatformException>(() => _power.Suspend(SuspendMode.Ram)).Message);
        Assert.Equal(NotSupported, Assert.Throws<PlatformException>(() => _power.Suspend(SuspendMode.Disk)).Message);
        Assert.Equal(state ?? "", State);
    }

    [Fact]
    public void Kernel_has_no_word_for_the_hybrid_way()
    {
        WriteState("freeze mem disk\n");

        Assert.Equal(NotSupported, Assert.Throws<PlatformException>(() => _power.Suspend(SuspendMode.Hybrid)).Message);
    }

    [Fact]
    public void Failure_that_no_other_way_follows_is_dropped_as_with_qemu_ga_but_in_the_hybrid_way()
    {
        InstallSystemd(status: 3, suspend: 1);

        _power.Suspend(SuspendMode.Ram);
        _power.Suspend(SuspendMode.Disk);
        Assert.Equal("unknown guest suspend mode", Assert.Throws<PlatformException>(() => _power.Suspend(SuspendMode.Hybrid)).Message);
    }

    [Fact]
    public void Program_that_is_killed_has_not_said_yes()
    {
        Install("bin/pm-is-supported", "kill -9 $$");
        Install("bin/systemctl", "kill -9 $$");

        Assert.Equal(NotSupported, Assert.Throws<PlatformException>(() => _power.Suspend(SuspendMode.Ram)).Message);
    }

    [Fact]
    public void Program_that_is_killed_while_it_should_suspend_leaves_it_to_the_next()
    {
        Install("bin/systemctl", "[ $1 = status ] && exit 3; kill -9 $$");
        WriteState("mem\n");

        _power.Suspend(SuspendMode.Ram);

        Assert.Equal(["systemctl status systemd-suspend", "systemctl suspend"], Calls);
        Assert.Equal("mem", State.TrimEnd('\n'));
    }

    private string State => File.Exists(_root.PathOf("sys/power/state")) ? File.ReadAllText(_root.PathOf("sys/power/state")) : "";

    public void Dispose() => _root.Dispose();

    private void Install(string path, string script = "") => _root.WriteProgram(
        path, $"#!/bin/sh\necho {Path.GetFileName(path)} \"$@\" >> {_root.PathOf("calls")}\n{script}\n");

    private void InstallSystemd(int status, int suspend) => Install("bin/systemctl", $"[ $1 = status ] && exit {status}; exit {suspend}");

    private void InstallPmUtils(SuspendMode mode, int isSupported, int suspend)
    {
        Install("bin/pm-is-supported", $"exit {isSupported}");
        Install(
            mode switch { SuspendMode.Disk => "bin/pm-hibernate", SuspendMode.Ram => "bin/pm-suspend", _ => "bin/pm-suspend-hybrid" },
            $"exit {suspend}");
    }

    private void WriteState(string content)
    {
        Directory.CreateDirectory(_root.PathOf("sys/power"));
        _root.Write("sys/power/state", content);
    }
}
