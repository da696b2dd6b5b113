using System.Diagnostics;
using System.Text;

namespace Qga.Testing;

/// <summary>A program that runs beside the test and ends with it at the latest.</summary>
public sealed class RunningProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    public RunningProcess(string program, IEnumerable<string> arguments, string? workingDirectory = null)
    {
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments)
            {
                UseShellExecute = false,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                WorkingDirectory = workingDirectory,
            },
        };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>What the program has written to its standard output and error.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public void Send(Signal signal) => signal.Send(Pid);

    /// <summary>Waits until the program has written the text.</summary>
    public void AwaitOutput(string text) => Eventually.True(
        () => Output.Contains(text, StringComparison.Ordinal) ||
            (HasExited ? throw new InvalidOperationException($"ended without writing \"{text}\": {Output}") : false),
        $"has written \"{text}\"");

    /// <summary>Waits until the program has opened the file of that name.</summary>
    public void AwaitOpen(string path) => Eventually.True(
        () => ProcessStatus.HasOpen(Pid, path) || (HasExited ? throw new InvalidOperationException($"ended: {Output}") : false),
        $"has opened {path}");

    /// <summary>Waits for the end, and for all that was written till then.</summary>
    /// <returns>The exit code.</returns>
    public int WaitForExit()
    {
        if (!_process.WaitForExit(Eventually.Patience))
            throw new TimeoutException($"process {Pid} does not end: {Output}");
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit(Eventually.Patience);
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_output)
            _output.AppendLine(line);
    }
}
