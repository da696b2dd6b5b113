using Qga.Platform;
using Qga.Platform.OwnProcess;
using Qga.Testing;

namespace Qga.Host.Tests.CommandLine;

/// <summary>The real qemu-ga and ours keep each other out, so that a guest in the middle of an upgrade has one agent.</summary>
public sealed class PeerPidFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qga-test-").FullName;

    private string Pid => Path.Combine(_folder, "pid");

    private string Log => Path.Combine(_folder, "log");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [PeerTheory]
    [InlineData("-d")]
    public void Pid_file_of_ours_is_locked_for_qemu_ga(string daemonize)
    {
        using (PidFile.Create(Pid))
        {
            StartPeer(daemonize);
            WaitFor(() => File.Exists(Log) && File.ReadAllText(Log).EndsWith('\n'));
        }

        Assert.EndsWith("critical: Cannot lock pid file: Resource temporarily unavailable\n", File.ReadAllText(Log), StringComparison.Ordinal);
    }

    [PeerTheory]
    [InlineData("-d")]
    public void Pid_file_of_qemu_ga_is_locked_for_us(string daemonize)
    {
        StartPeer(daemonize);
        WaitFor(() => File.Exists(Pid) && File.ReadAllText(Pid).EndsWith('\n'));
        var peer = int.Parse(File.ReadAllText(Pid));
        try
        {
            var failure = Assert.Throws<SystemCallException>(() => PidFile.Create(Pid));

            Assert.Equal("Cannot lock pid file: Resource temporarily unavailable", failure.Message);
            Assert.Equal($"{peer}\n", File.ReadAllText(Pid));
        }
        finally
        {
            ProcessRun.Of("kill", [$"{peer}"]);
            WaitFor(() => !File.Exists(Pid));
        }
    }

    private void StartPeer(string daemonize)
    {
        var run = ProcessRun.Of(
            ProcessRun.Peer!, [daemonize, "-m", "unix-listen", "-p", Path.Combine(_folder, "socket"), "-t", _folder, "-f", Pid, "-l", Log]);
        Assert.Equal(0, run.ExitCode);
    }

    private static void WaitFor(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(20)));
}
