using System.Net.Sockets;

namespace Qga.Testing;

/// <summary>An agent that runs in a <see cref="FreezeLab"/>.</summary>
public sealed class FreezeLabAgent : IDisposable
{
    private static int _count;

    private readonly FreezeLab _lab;
    private readonly string _socket;
    private readonly string[] _command;
    private readonly RunningProcess _process;

    private FreezeLabAgent(FreezeLab lab, string socket, string[] command)
    {
        (_lab, _socket, _command) = (lab, socket, command);
        _process = lab.Start(command);
        try
        {
            Eventually.True(
                () => Answers() || (_process.HasExited ? throw new InvalidOperationException($"the agent has ended: {_process.Output}") : false));
            OwnPid = ProcessStatus.OwnPid(Pid);
        }
        catch
        {
            _process.Dispose();
            throw;
        }
    }

    /// <summary>Why the real qemu-ga can't run in a lab, null if it can.</summary>
    public static string? PeerUnavailableReason => PeerAgent.UnavailableReason
        ?? (Directory.Exists(PeerRoot) ? null : $"{PeerAgent.Command} has not the libraries of tests/get-peer beside it");

    public int Pid => _process.Pid;

    /// <summary>Its number in the lab, by which it knows itself.</summary>
    public int OwnPid { get; }

    public bool HasExited => _process.HasExited;

    /// <summary>What the agent has written to its standard output and error.</summary>
    public string Output => _process.Output;

    private static string PeerRoot => Path.Combine(Path.GetDirectoryName(PeerAgent.Command)!, "root");

    /// <summary>Starts the executable that is shipped.</summary>
    public static FreezeLabAgent Start(FreezeLab lab, params IEnumerable<string> options) => StartBy(lab, [], options);

    /// <summary>Starts the executable that is shipped by way of another program, as env(1).</summary>
    public static FreezeLabAgent StartBy(FreezeLab lab, IEnumerable<string> launcher, params IEnumerable<string> options)
    {
        lab.Install(PublishedAgent.Executable, "/agent/qemu-ga");
        return Start(lab, [.. launcher, "/agent/qemu-ga"], options);
    }

    /// <summary>Starts the real qemu-ga.</summary>
    public static FreezeLabAgent StartPeer(FreezeLab lab, params IEnumerable<string> options)
    {
        if (!File.Exists(lab.PathOf("/peer/qemu-ga")))
        {
            foreach (var file in Directory.EnumerateFiles(PeerRoot, "*", SearchOption.AllDirectories)
                .Where(file => Path.GetFileName(file) == "qemu-ga" || Path.GetFileName(Path.GetDirectoryName(file)) == "x86_64-linux-gnu"))
            {
                lab.Copy(file, "/peer/root/" + Path.GetRelativePath(PeerRoot, file));
            }

            lab.Copy(PeerAgent.Command!, "/peer/qemu-ga");
        }

        return Start(lab, ["/peer/qemu-ga"], options);
    }

    /// <summary>Starts it anew, on the same socket with the same options.</summary>
    public FreezeLabAgent Restart() => new(_lab, _socket, _command);

    /// <summary>Where it listens, from outside the lab.</summary>
    public string SocketPath => _lab.PathOf(_socket);

    public QmpClient Connect() => QmpClient.Connect(SocketPath);

    public void Send(Signal signal) => _process.Send(signal);

    /// <summary>Waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public int WaitForExit() => _process.WaitForExit();

    public void Dispose() => _process.Dispose();

    /// <summary>To be listened to is not enough: what an agent that was killed was just starting may hold its socket for a moment yet.</summary>
    private bool Answers()
    {
        try
        {
            using var client = Connect();
            return client.Ask(Qmp.Sync(1)).Length > 0;
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            return false;
        }
    }

    private static FreezeLabAgent Start(FreezeLab lab, string[] command, IEnumerable<string> options)
    {
        var socket = $"/run/agent{Interlocked.Increment(ref _count)}";
        return new FreezeLabAgent(lab, socket, [.. command, "-m", "unix-listen", "-p", socket, .. options]);
    }
}
