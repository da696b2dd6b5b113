namespace Qga.Testing;

/// <summary>An agent that listens on a unix socket in a scratch directory, where it also keeps its state.</summary>
public abstract class AgentUnderTest : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly RunningProcess _process;

    /// <param name="executable">The agent's path.</param>
    /// <param name="options">What it is given besides its channel and its state directory.</param>
    /// <param name="launcher">A program with its arguments that becomes the agent, as env(1) does; null for none.</param>
    protected AgentUnderTest(string executable, IEnumerable<string> options, IEnumerable<string>? launcher = null)
    {
        try
        {
            string[] command = [.. launcher ?? [], executable, "-m", "unix-listen", "-p", SocketPath, "-t", ScratchDirectory, .. options];
            _process = new RunningProcess(command[0], command[1..], ScratchDirectory);
            QmpClient.ConnectOnceListening(SocketPath, _process).Dispose();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string ScratchDirectory => _scratch.Root;

    public string SocketPath => PathOf("agent.sock");

    public int Pid => _process.Pid;

    /// <summary>What the agent has written to its standard output and error.</summary>
    public string Output => _process.Output;

    public string PathOf(string name) => _scratch.PathOf(name);

    public QmpClient Connect() => QmpClient.Connect(SocketPath);

    /// <summary>
    /// Connects where root does, once the agent listens there: that is after it listens to the host, and until then the file may be one that a
    /// killed agent of the same number has left.
    /// </summary>
    public QmpClient ConnectAsRoot() => QmpClient.ConnectOnceListening($"/proc/{Pid}/root{ControlSocket}", _process);

    /// <summary>Where root reaches it, as it sees its filesystems.</summary>
    public string ControlSocket => $"/run/qga/{Pid}.sock";

    /// <summary>Ends the agent with a signal.</summary>
    /// <returns>Its exit code.</returns>
    public int End(Signal signal)
    {
        _process.Send(signal);
        return _process.WaitForExit();
    }

    public void AwaitOutput(string text) => _process.AwaitOutput(text);

    public void Dispose()
    {
        _process?.Dispose();
        _scratch.Dispose();
        GC.SuppressFinalize(this);
    }
}
