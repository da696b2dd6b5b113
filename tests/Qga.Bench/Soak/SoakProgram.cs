using System.Globalization;
using System.Text;
using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Bench.Soak;

/// <summary>A program that the clients run, and how it ends.</summary>
/// <param name="Request">Starts it.</param>
/// <param name="Status">The answer once it has ended.</param>
internal sealed record SoakProgram(string Request, string Status)
{
    private const int LineCount = 500;

    /// <summary>Writes a word on either stream, and fails.</summary>
    internal static SoakProgram Short { get; } = Shell("echo out; echo error >&2; exit 3", 3, "out\n", "error\n");

    /// <summary>Writes more than a pipe's page.</summary>
    internal static SoakProgram Lines { get; } = Shell(
        $"seq {LineCount}", 0, string.Concat(Enumerable.Range(1, LineCount).Select(line => line.ToString(CultureInfo.InvariantCulture) + "\n")), "");

    private static SoakProgram Shell(string script, int exitCode, string output, string error) => new(
        Qmp.Request("guest-exec", ("path", "/bin/sh"), ("arg", new JArray("-c", script)), ("capture-output", true)),
        $$$"""{"return": {"exited": true, "exitcode": {{{exitCode}}}{{{Data("out", output)}}}{{{Data("err", error)}}}{{{Whole("out", output)}}}{{{Whole("err", error)}}}}}""");

    private static string Data(string stream, string text) =>
        text.Length == 0 ? "" : $", \"{stream}-data\": \"{Convert.ToBase64String(Encoding.ASCII.GetBytes(text))}\"";

    private static string Whole(string stream, string text) => text.Length == 0 ? "" : $", \"{stream}-truncated\": false";
}
