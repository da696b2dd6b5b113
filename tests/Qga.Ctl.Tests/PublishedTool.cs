using System.Diagnostics;
using System.Text;
using Qga.Testing;

namespace Qga.Ctl.Tests;

/// <summary>The executable that is shipped, as it runs: what QGACTL_BINARY names, else what <c>make publish</c> made.</summary>
internal sealed class PublishedTool : IDisposable
{
    private readonly Process _process;
    private readonly MemoryStream _output = new();
    private readonly MemoryStream _errors = new();
    private readonly Task _reading;

    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">What is added to its environment.</param>
    internal PublishedTool(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
        : this(Executable, arguments, environment ?? new Dictionary<string, string>())
    {
    }

    private PublishedTool(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        _reading = Task.WhenAll(ReadAsync(_process.StandardOutput.BaseStream, _output), ReadAsync(_process.StandardError.BaseStream, _errors));
    }

    internal static string Executable { get; } = Environment.GetEnvironmentVariable("QGACTL_BINARY") is { Length: > 0 } path
        ? path
        : Repository.PathOf("artifacts/publish-ctl/qgactl");

    internal static string Arm64Executable { get; } = Repository.PathOf("artifacts/publish-ctl-arm64/qgactl");

    /// <summary>Starts it in a terminal, by script(1): what it prints anywhere is <see cref="Output"/>, and what is typed reaches it as from a person.</summary>
    internal static PublishedTool InTerminal(int columns, params string[] arguments)
    {
        var command = string.Join(' ', arguments.Prepend(Executable).Select(word => $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'"));
        return new PublishedTool(
            "script", ["-q", "-e", "-c", $"stty cols {columns} rows 24; exec {command}", "/dev/null"], new Dictionary<string, string> { ["TERM"] = "xterm", ["NO_COLOR"] = "" });
    }

    internal int Pid => _process.Id;

    internal string Output => TextOf(_output);

    internal string Error => TextOf(_errors);

    internal static (int ExitCode, string Output, string Error) Run(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        using var tool = new PublishedTool(arguments, environment);
        tool.CloseInput();
        return (tool.WaitForExit(), tool.Output, tool.Error);
    }

    internal void Type(string text)
    {
        _process.StandardInput.Write(text);
        _process.StandardInput.Flush();
    }

    internal void CloseInput() => _process.StandardInput.Close();

    internal void Send(Signal signal) => signal.Send(Pid);

    /// <summary>Nobody reads its output any more.</summary>
    internal void CloseOutput() => _process.StandardOutput.Close();

    internal void AwaitOutput(string text) => Eventually.True(
        () => Output.Contains(text, StringComparison.Ordinal)
            || (_process.HasExited && _reading.IsCompleted ? throw new InvalidOperationException($"ended without \"{text}\": {Output}{Error}") : false),
        $"has written \"{text}\"");

    internal int WaitForExit()
    {
        if (!_process.WaitForExit(Eventually.Patience))
            throw new TimeoutException($"process {Pid} does not end: {Output}{Error}");
        _reading.Wait(Eventually.Patience);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private static async Task ReadAsync(Stream stream, MemoryStream to)
    {
        var block = new byte[4096];
        try
        {
            while (await stream.ReadAsync(block) is > 0 and var count)
            {
                lock (to)
                    to.Write(block, 0, count);
            }
        }
        catch (Exception failure) when (failure is ObjectDisposedException or IOException or OperationCanceledException)
        {
            // The test has closed it.
        }
    }

    private static string TextOf(MemoryStream bytes)
    {
        lock (bytes)
            return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
