namespace Qga.Testing;

/// <summary>An agent that runs in a <see cref="FreezeLab"/>.</summary>
public sealed class FreezeLabAgent : IDisposable
{
    private const string SocketPath = "/run/agent.sock";

    private readonly FreezeLab _lab;
    private readonly RunningProcess _process;

    private FreezeLabAgent(FreezeLab lab, IEnumerable<string> command)
    {
        _lab = lab;
        _process = lab.Start(command);
        try
        {
            QmpClient.ConnectOnceListening(lab.PathOf(SocketPath), _process).Dispose();
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

    public bool HasExited => _process.HasExited;

    /// <summary>What the agent has written to its standard output and error.</summary>
    public string Output => _process.Output;

    private static string PeerRoot => Path.Combine(Path.GetDirectoryName(PeerAgent.Command)!, "root");

    /// <summary>Starts the executable that is shipped.</summary>
    public static FreezeLabAgent Start(FreezeLab lab, params IEnumerable<string> options)
    {
        lab.Install(PublishedAgent.Executable, "/agent/qemu-ga");
        return new FreezeLabAgent(lab, ["/agent/qemu-ga", "-m", "unix-listen", "-p", SocketPath, .. options]);
    }

    /// <summary>Starts the real qemu-ga.</summary>
    public static FreezeLabAgent StartPeer(FreezeLab lab, params IEnumerable<string> options)
    {
        if (!File.Exists(lab.PathOf("/peer/qemu-ga")))
        {
            foreach (var file in Directory.EnumerateFiles(PeerRoot, "*", SearchOption.AllDirectories)
                .Where(file => Path.GetFileName(file) == "qemu-ga" || Path.GetFileName(Path.GetDirectoryName(file)) == "x86_64-linux-gnu"))
            {
                var target = lab.PathOf("/peer/root/" + Path.GetRelativePath(PeerRoot, file));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file, target, overwrite: true);
            }

            File.Copy(PeerAgent.Command!, lab.PathOf("/peer/qemu-ga"));
        }

        return new FreezeLabAgent(lab, ["/peer/qemu-ga", "-m", "unix-listen", "-p", SocketPath, .. options]);
    }

    public QmpClient Connect() => QmpClient.Connect(_lab.PathOf(SocketPath));

    public void Send(Signal signal) => _process.Send(signal);

    /// <summary>Waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public int WaitForExit() => _process.WaitForExit();

    public void Dispose() => _process.Dispose();
}
