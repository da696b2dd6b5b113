using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Qga.Testing;

/// <summary>A program that runs beside the test and ends with it at the latest.</summary>
public sealed class RunningProcess : IDisposable
{
    private readonly Process _process;
    private readonly ProcessHandle _handle;
    private readonly StringBuilder _output = new();

    public RunningProcess(string program, IEnumerable<string> arguments, string? workingDirectory = null)
        : this(program, arguments, workingDirectory, isLauncher: false)
    {
    }

    private RunningProcess(string program, IEnumerable<string> arguments, string? workingDirectory, bool isLauncher)
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
        _handle = new ProcessHandle(isLauncher ? Child() : _process.Id);
    }

    /// <summary>
    /// Starts a program by way of one that has it as its only child and ends with it, as a pid namespace is entered: what is asked and
    /// told then is asked of the child and told to it.
    /// </summary>
    public static RunningProcess ByWayOf(string launcher, IEnumerable<string> arguments) => new(launcher, arguments, null, isLauncher: true);

    public int Pid => _handle.Pid;

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

    /// <exception cref="InvalidOperationException">It has ended.</exception>
    public void Send(Signal signal)
    {
        if (!TrySend(signal))
            throw new InvalidOperationException($"process {Pid} has ended: {Output}");
    }

    /// <returns>False if it has ended.</returns>
    public bool TrySend(Signal signal) => _handle.TrySend(signal);

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
        TrySend(Signal.Kill);
        _process.WaitForExit(Eventually.Patience);
        _process.Dispose();
        _handle.Dispose();
    }

    /// <summary>The child, once there is one; the launcher itself if it has ended.</summary>
    private int Child()
    {
        var child = "";
        Eventually.True(() => _process.HasExited || (child = Children()).Length > 0, "the launcher has started its program");
        return child.Length > 0 ? int.Parse(child.Split(' ')[0], CultureInfo.InvariantCulture) : _process.Id;
    }

    private string Children()
    {
        try
        {
            return File.ReadAllText($"/proc/{_process.Id}/task/{_process.Id}/children");
        }
        catch (IOException)
        {
            return "";      // it has ended
        }
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_output)
            _output.AppendLine(line);
    }
}
