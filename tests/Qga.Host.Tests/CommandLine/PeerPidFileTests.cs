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

    private string SocketPath => Path.Combine(_folder, "socket");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [PeerTheory]
    [InlineData("-d")]
    public void Pid_file_of_ours_is_locked_for_qemu_ga(string daemonize)
    {
        using (PidFile.Create(Pid))
        {
            StartPeer(daemonize);
            Eventually.True(() => File.Exists(Log) && File.ReadAllText(Log).EndsWith('\n'));
        }

        Assert.EndsWith("critical: Cannot lock pid file: Resource temporarily unavailable\n", File.ReadAllText(Log), StringComparison.Ordinal);
    }

    [PeerTheory]
    [InlineData("-d")]
    public void Pid_file_of_qemu_ga_is_locked_for_us(string daemonize)
    {
        StartPeer(daemonize);
        Eventually.True(() => File.Exists(Pid) && File.ReadAllText(Pid).EndsWith('\n'));
        var peer = int.Parse(File.ReadAllText(Pid));
        try
        {
            // A signal that comes before qemu-ga's main loop runs does not end it.
            using (var client = QmpClient.Connect(SocketPath))
                Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));

            var failure = Assert.Throws<SystemCallException>(() => PidFile.Create(Pid));

            Assert.Equal("Cannot lock pid file: Resource temporarily unavailable", failure.Message);
            Assert.Equal($"{peer}\n", File.ReadAllText(Pid));
        }
        finally
        {
            ProcessRun.Of("kill", [$"{peer}"]);
            Eventually.True(() => !File.Exists(Pid));
        }
    }

    private void StartPeer(string daemonize)
    {
        var run = ProcessRun.Of(
            ProcessRun.Peer!, [daemonize, "-m", "unix-listen", "-p", SocketPath, "-t", _folder, "-f", Pid, "-l", Log]);
        Assert.Equal(0, run.ExitCode);
    }
}
