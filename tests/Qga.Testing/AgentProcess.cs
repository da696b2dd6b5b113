using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Qga.Testing;

/// <summary>An agent that listens on a unix socket in a scratch directory, where it also keeps its state.</summary>
public abstract class AgentProcess : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    protected AgentProcess(string executable, IEnumerable<string> options)
    {
        ScratchDirectory = Directory.CreateTempSubdirectory("qga-test-").FullName;
        SocketPath = Path.Combine(ScratchDirectory, "agent.sock");
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(
                executable,
                ["-m", "unix-listen", "-p", SocketPath, "-t", ScratchDirectory, .. options])
            {
                UseShellExecute = false,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            },
        };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        try
        {
            Start();
        }
        catch
        {
            Directory.Delete(ScratchDirectory, recursive: true);
            throw;
        }

        AwaitSocket();
    }

    public string ScratchDirectory { get; }

    public string SocketPath { get; }

    public int Pid => _process.Id;

    /// <summary>What the agent has written to its standard output and error.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public QmpClient Connect() => new(SocketPath);

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(ScratchDirectory, recursive: true);
        GC.SuppressFinalize(this);
    }

    private void Start()
    {
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void Keep(string? line)
    {
        lock (_output)
            _output.AppendLine(line);
    }

    /// <summary>Returns once the agent accepts: nothing tells when, so it is tried.</summary>
    private void AwaitSocket()
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                Connect().Dispose();
                return;
            }
            catch (SocketException) when (waited.Elapsed < StartLimit && !_process.WaitForExit(TimeSpan.FromMilliseconds(5)))
            {
            }
            catch (SocketException exception)
            {
                Dispose();
                throw new InvalidOperationException($"{_process.StartInfo.FileName} does not listen: {Output}", exception);
            }
        }
    }
}
