using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Qga.Client;

namespace Qga.Ctl.Guests;

/// <summary>Programs of the host, by which its guests are listed.</summary>
internal static class HostProgram
{
    private const UnixFileMode Execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Whether there is such a program in PATH.</summary>
    internal static bool IsThere(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(folder => Path.Join(folder.Length > 0 ? folder : ".", name))
        .Any(path => File.Exists(path) && (File.GetUnixFileMode(path) & Execute) != UnixFileMode.None);

    /// <summary>Runs a program to its end.</summary>
    /// <returns>What it has printed.</returns>
    /// <exception cref="QgaConnectionException">It can't be run, or has failed.</exception>
    internal static async Task<string> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.Environment["LC_ALL"] = "C";
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            try
            {
                var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
                await process.WaitForExitAsync(cancellationToken);
                return process.ExitCode == 0 ? output : throw new QgaConnectionException($"{program}: {Reason(await errors, process.ExitCode)}");
            }
            finally
            {
                if (!process.HasExited)
                    process.Kill(entireProcessTree: true);
            }
        }
        catch (Win32Exception failure)
        {
            throw new QgaConnectionException($"{program} can't be run: {failure.Message}", failure);
        }
    }

    private static string Reason(string errors, int exitCode) =>
        errors.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } lines
            ? string.Join("; ", lines.Select(line => line.StartsWith("error: ", StringComparison.Ordinal) ? line["error: ".Length..] : line))
            : $"exit code {exitCode}";
}
