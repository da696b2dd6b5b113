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
    internal static bool IsThere(string name) => PathOf(name) is not null;

    /// <summary>Runs a program to its end.</summary>
    /// <returns>What it has printed.</returns>
    /// <exception cref="QgaConnectionException">It can't be run, or has failed.</exception>
    internal static async Task<string> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var path = PathOf(program) ?? throw new QgaConnectionException($"{program} can't be run: there is none in PATH");
        var start = new ProcessStartInfo(path, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment.Remove("LANGUAGE");
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

    /// <summary>Where a program is: by PATH alone, where the runtime would take one of the current directory first.</summary>
    private static string? PathOf(string name) => name.Contains('/', StringComparison.Ordinal)
        ? Path.GetFullPath(name)
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Where(folder => folder.StartsWith('/'))
            .Select(folder => Path.Join(folder, name))
            .FirstOrDefault(path => File.Exists(path) && (File.GetUnixFileMode(path) & Execute) != UnixFileMode.None);

    private static string Reason(string errors, int exitCode) =>
        errors.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } lines
            ? string.Join("; ", lines.Select(line => line.StartsWith("error: ", StringComparison.Ordinal) ? line["error: ".Length..] : line))
            : $"exit code {exitCode}";
}
