using System.Diagnostics;
using System.Text;

namespace Qga.Testing;

/// <summary>A program that ran to its end.</summary>
public sealed record ProcessRun(int ExitCode, string Output, string Error)
{
    /// <summary>The real qemu-ga that we are compared with; <c>null</c> without one.</summary>
    public static string? Peer => PeerAgent.Command;

    /// <summary>Runs the program; a variable without a value is taken out of its environment.</summary>
    public static ProcessRun Of(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
            start.Environment[name] = value;

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new ProcessRun(process.ExitCode, output, error.Result);
    }
}
