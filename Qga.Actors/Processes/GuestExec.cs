using Qga.Actors.Commands;
using Qga.Platform;
using Qga.Platform.Processes;
using Qga.Transport.Protocol;

namespace Qga.Actors.Processes;

/// <summary><c>guest-exec</c>: runs a program in the guest and returns the id of its process.</summary>
public sealed record GuestExec(
    string Path, IReadOnlyList<string> Arguments, IReadOnlyList<string>? Environment, TransferBuffer? InputBase64, OutputCapture Capture) : ICommand
{
    /// <summary>In the order of <see cref="OutputCapture"/>.</summary>
    private static readonly string[] Captures = ["none", "stdout", "stderr", "separated", "merged"];

    public string Account => $"guest-exec called: \"{string.Join(' ', [Path, .. Arguments])}\"";

    public static GuestExec Parse(QmpArguments arguments)
    {
        var path = arguments.String("path");
        var words = arguments.OptionalStrings("arg") ?? [];
        var environment = arguments.OptionalStrings("env");
        var input = arguments.OptionalUtf8("input-data");
        var (flag, word) = arguments.OptionalBooleanOrWord("capture-output", "GuestExecCaptureOutput", Captures);
        var capture = word is not null ? (OutputCapture)Array.IndexOf(Captures, word) : flag is true ? OutputCapture.Separated : OutputCapture.None;
        return new GuestExec(path, words, environment, input, capture);
    }

    /// <exception cref="CommandException">The input is no base64.</exception>
    /// <exception cref="PlatformException">The program can't be run.</exception>
    public IGuestProcess Start(IGuestProcesses processes)
    {
        var input = InputBase64?.Memory is { } text ? text[..LaxBase64.DecodeInPlace(text.Span)] : (ReadOnlyMemory<byte>?)null;
        return processes.Start(new ProcessStart(Path, Arguments, Environment, input, Capture));
    }
}
