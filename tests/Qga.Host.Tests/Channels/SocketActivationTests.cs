using Qga.Testing;

namespace Qga.Host.Tests.Channels;

/// <summary>The agent with a socket that a service manager passes to it, see sd_listen_fds(3).</summary>
public sealed class SocketActivationTests : IDisposable
{
    /// <summary>A service manager: makes descriptors 3 and 4 of an address family, then becomes the agent.</summary>
    private const string Launcher = """
        import os, socket, sys
        family, path, count = sys.argv[1:4]
        listener = socket.socket(getattr(socket, family))
        listener.bind(path if family == "AF_UNIX" else ("127.0.0.1", 0))
        listener.listen()
        for descriptor in 3, 4:
            os.dup2(listener.fileno(), descriptor)
            os.set_inheritable(descriptor, True)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=count)
        os.execv(sys.argv[4], sys.argv[4:])
        """;

    private readonly ScratchDirectory _scratch = new();

    private string SocketPath => _scratch.PathOf("socket");

    public void Dispose() => _scratch.Dispose();

    [ToolFact("python3")]
    public void Socket_that_was_passed_is_served()
    {
        using var agent = Launch("AF_UNIX", "1", "-m", "virtio-serial", "-p", "/nonexistent");
        using (var one = QmpClient.ConnectOnceListening(SocketPath, agent))
        using (var two = QmpClient.Connect(SocketPath))
        {
            Assert.Equal(Qmp.Pong, two.Ask(Qmp.Ping));
            Assert.Equal(Qmp.Pong, one.Ask(Qmp.Ping));
        }

        agent.Send(Signal.Terminate);
        Assert.Equal(0, agent.WaitForExit());
    }

    [ToolFact("python3")]
    public void More_than_one_socket_is_refused()
    {
        using var agent = Launch("AF_UNIX", "2");

        Assert.Equal(78, agent.WaitForExit());
        Assert.Contains("qemu-ga only supports listening on one socket", agent.Output, StringComparison.Ordinal);
    }

    [ToolFact("python3")]
    public void Socket_of_another_family_is_refused()
    {
        using var agent = Launch("AF_INET", "1");

        Assert.Equal(78, agent.WaitForExit());
        Assert.Contains("unsupported listen fd type", agent.Output, StringComparison.Ordinal);
    }

    private RunningProcess Launch(string family, string count, params string[] options) => new(
        "python3", ["-c", Launcher, family, SocketPath, count, PublishedAgent.Executable, "-t", _scratch.Root, .. options], _scratch.Root);
}
