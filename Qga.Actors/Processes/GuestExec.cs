using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform;
using Qga.Platform.Audit;
using Qga.Platform.Policy;
using Qga.Platform.Processes;
using Qga.Transport.Protocol;

namespace Qga.Actors.Processes;

/// <summary><c>guest-exec</c>: runs a program in the guest and returns the id of its process.</summary>
public sealed record GuestExec(
    string Path, IReadOnlyList<string> Arguments, IReadOnlyList<string>? Environment, TransferBuffer? InputBase64, OutputCapture Capture) : ICommand
{
    /// <summary>In the order of <see cref="OutputCapture"/>.</summary>
    private static readonly string[] Captures = ["none", "stdout", "stderr", "separated", "merged"];

    public string AuditText => $"guest-exec called: \"{string.Join(' ', [Path, .. Arguments])}\"";

    public bool Changes => true;

    public long? BytesGiven => InputBase64 is null ? null : LaxBase64.DecodedLength(InputBase64.Memory.Span);

    public PolicyRequest Facts(PolicyRequest request) => request with
    {
        Arguments = Arguments,
        Environment = Environment ?? [],
        Size = BytesGiven ?? 0,
    };

    public void Tell(AuditMembers what, bool hasArguments) => what
        .Add("path", Path)
        .Add("argc", Arguments.Count + 1L)
        .Add("args", hasArguments ? Arguments : null)
        .Add("env", Environment is null ? null : NamesOf(Environment));

    /// <summary>The names alone; what has no sign is no variable.</summary>
    private static List<string> NamesOf(IReadOnlyList<string> variables) =>
        [.. from variable in variables let end = variable.IndexOf('=', StringComparison.Ordinal) where end > 0 select variable[..end]];

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

    public static CommandDescription Describe() => new("Runs a program in the guest.")
    {
        Since = "2.5",
        Arguments =
        [
            new("path", "its file; a plain name is looked up in PATH, that of `env` if it has one"),
            new("arg", "its arguments, without its name; left out for none"),
            new("env", "its whole environment, as NAME=VALUE; left out for the agent's"),
            new("input-data", "what it reads; left out for nothing") { IsBase64 = true },
            new("capture-output", "what is kept of what it prints: true for `separated`, `merged` for all in `out-data`; false for `none`")
            {
                Default = false,
            },
        ],
        Result = SchemaType.StructureOf(
            "GuestExec", "The process.", [new("pid", SchemaType.Integer, "its id, for guest-exec-status")]),
        Changes = "whatever the program changes",
        Errors =
        [
            new("Failed to execute child process “PATH” (REASON)", "it can't be run"),
            new("Base64 data contains invalid characters", "`input-data` is no base64"),
        ],
        Notes =
            ["The words of `capture-output` are known since 8.0. The answer comes when the program has started; how long it runs is its own affair."],
    };

    /// <summary>Finds the file that would be run.</summary>
    /// <param name="searchPath">The PATH of the agent; null for ours.</param>
    public ResolvedFile Resolve(string? searchPath) =>
        ProgramChoice.Find(new ProcessStart(Path, Arguments, Environment, Input: null, Capture), searchPath);

    /// <param name="processes">Starts it.</param>
    /// <param name="requester">Who wants it.</param>
    /// <param name="judge">Decides of the program's file; null if that is done.</param>
    /// <exception cref="CommandException">The input is no base64.</exception>
    /// <exception cref="PlatformException">The program can't be run.</exception>
    public IGuestProcess Start(IGuestProcesses processes, Requester requester, FileJudge? judge = null)
    {
        var input = InputBase64?.Memory is { } text ? text[..LaxBase64.DecodeInPlace(text.Span)] : (ReadOnlyMemory<byte>?)null;
        return processes.Start(new ProcessStart(Path, Arguments, Environment, input, Capture) { Requester = requester, Judge = judge });
    }
}
