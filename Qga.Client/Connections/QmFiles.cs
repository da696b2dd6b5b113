using System.Globalization;
using System.Text;
using Newtonsoft.Json.Linq;

namespace Qga.Client;

/// <summary>
/// Files of a guest that can only be asked to run programs: handles that exist here, and a program for each read and write. What passes is
/// base64, as not every step on the way leaves other bytes alone.
/// </summary>
/// <param name="run">Runs a script with arguments and an input in the guest's shell, for so long.</param>
internal sealed class QmFiles(Func<string, string[], ReadOnlyMemory<byte>, TimeSpan, CancellationToken, Task<GuestShell.Run>> run)
{
    private const string Open = """
        case $2 in
            r) [ ! -d "$1" ] || { echo "Is a directory" >&2; exit 1; }; : < "$1" ;;
            w) : > "$1" ;;
            a) : >> "$1" ;;
        esac
        """;

    private const string Read = """tail -c "+$(($2 + 1))" -- "$1" | head -c "$3" | base64 | tr -d '\n'""";

    private static readonly string[] ReadPrograms = ["tail: ", "head: ", "base64: "];

    private const string Write = """base64 -d >> "$1" """;

    private const string Size = """wc -c < "$1" """;

    private const long DefaultCount = 4096;

    private readonly Dictionary<long, OpenFile> _files = [];
    private long _lastHandle;

    /// <returns>Null if it is no command of files.</returns>
    internal async Task<Answer?> TryAskAsync(Request request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var arguments = new RequestArguments(request);
        var shell = new Shell(run, timeout, cancellationToken);
        if (request.Command == "guest-file-open")
            return await OpenAsync(arguments.Text("path"), arguments.OptionalText("mode") ?? "r", shell).ConfigureAwait(false);
        if (!request.Command.StartsWith("guest-file-", StringComparison.Ordinal))
            return null;

        var handle = arguments.Integer("handle");
        if (!_files.TryGetValue(handle, out var file))
            return Failure($"handle '{handle}' has not been found");
        return request.Command switch
        {
            "guest-file-close" => Close(handle),
            "guest-file-flush" => Success(new JObject()),
            "guest-file-seek" => await SeekAsync(file, request, arguments, shell).ConfigureAwait(false),
            "guest-file-read" => await ReadAsync(file, request, arguments, shell).ConfigureAwait(false),
            "guest-file-write" => await WriteAsync(file, request, arguments, shell).ConfigureAwait(false),
            _ => null,
        };
    }

    private async Task<Answer> OpenAsync(string path, string mode, Shell shell)
    {
        if (mode.TrimEnd('b') is not ("r" or "w" or "a") and var kind)
            return Failure($"by qm a file can be opened to be read, written anew or appended to, not with mode '{kind}'");
        var opened = await shell.RunAsync(Open, [path, mode[..1]]).ConfigureAwait(false);
        if (opened.ExitCode != 0)
            return Failure($"failed to open file '{path}' (mode: '{mode}'): {opened.Reason}");
        _files.Add(++_lastHandle, new OpenFile(path, mode[0]));
        return Success(_lastHandle);
    }

    private Answer Close(long handle)
    {
        _files.Remove(handle);
        return Success(new JObject());
    }

    private static async Task<Answer> SeekAsync(OpenFile file, Request request, RequestArguments arguments, Shell shell)
    {
        var offset = arguments.Integer("offset");
        var start = request.Arguments?["whence"] switch
        {
            JValue { Value: 0L or "set" } => 0,
            JValue { Value: 1L or "cur" } => file.Position ?? await SizeAsync(file, shell).ConfigureAwait(false),
            JValue { Value: 2L or "end" } => await SizeAsync(file, shell).ConfigureAwait(false),
            _ => throw new ArgumentException($"{request.Command}: the argument 'whence' is none of set, cur and end", nameof(arguments)),
        };
        if (start is not { } from || from + offset < 0)
            return Failure("failed to seek file: Invalid argument");
        file.Position = from + offset;
        return Success(new JObject { ["position"] = file.Position, ["eof"] = false });
    }

    private static async Task<long?> SizeAsync(OpenFile file, Shell shell)
    {
        var told = await shell.RunAsync(Size, [file.Path]).ConfigureAwait(false);
        return told.ExitCode == 0 && long.TryParse(told.Output.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : null;
    }

    private static async Task<Answer> ReadAsync(OpenFile file, Request request, RequestArguments arguments, Shell shell)
    {
        var count = arguments.OptionalInteger("count") ?? DefaultCount;
        if (file.Mode != 'r')
            return Failure("failed to read file: Bad file descriptor");
        if (count < 0)
            return Failure($"value '{count}' is invalid for argument count");
        string[] words = [file.Path, $"{file.Position}", $"{count}"];
        var read = await shell.RunAsync(Read, words).ConfigureAwait(false);
        if (read.ExitCode != 0 || HasFailed(read.Errors))
            return Failure($"failed to read file: {read.Reason}");
        var bytes = new byte[read.Output.Length / 4 * 3];
        if (!Convert.TryFromBase64String(read.Output, bytes, out var got) || got > count)
            throw new QgaProtocolException($"{file.Path}: what was read in the guest has come as something else than its base64");
        file.Position += got;
        var value = new JObject { ["count"] = got, ["eof"] = got < count };
        if (request.PayloadName is not null)
            return Success(value) with { Payload = bytes.AsMemory(0, got) };
        value["buf-b64"] = read.Output;
        return Success(value);
    }

    /// <summary>
    /// Whether a program of <see cref="Read"/> has failed before the last. A shell may have warnings, and what the next one cuts short has not
    /// failed.
    /// </summary>
    private static bool HasFailed(string errors) => errors.Split('\n').Any(line =>
        ReadPrograms.Any(program => line.StartsWith(program, StringComparison.Ordinal)) && !line.EndsWith("Broken pipe", StringComparison.Ordinal));

    /// <remarks>A program can add to a file. That does where the bytes belong at its end, as they do when it is written from the start.</remarks>
    private static async Task<Answer> WriteAsync(OpenFile file, Request request, RequestArguments arguments, Shell shell)
    {
        var all = request.Data?.Bytes
            ?? arguments.OptionalBytes("buf-b64") ?? throw new ArgumentException($"{request.Command}: there are no bytes", nameof(arguments));
        var count = arguments.OptionalInteger("count") ?? all.Length;
        if (count < 0 || count > all.Length)
            return Failure($"value '{count}' is invalid for argument count");
        if (file.Mode == 'r')
            return Failure("failed to write to file: Bad file descriptor");
        if (file.Mode == 'w' && file.Position != file.Written)
            return Failure($"by qm a file is written to at its end alone, which is at {file.Written}, and not at {file.Position}");
        var bytes = all[..(int)count];
        var written = await shell.RunAsync(Write, [file.Path], Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes.Span))).ConfigureAwait(false);
        if (written.ExitCode != 0)
            return Failure($"failed to write to file: {written.Reason}");
        file.Written += count;
        file.Position = file.Mode == 'w' ? file.Written : null;
        return Success(new JObject { ["count"] = count, ["eof"] = false });
    }

    private static Answer Success(JToken value) => new(value, null, null);

    private static Answer Failure(string description) => new(null, ("GenericError", description), null);

    /// <param name="path">In the guest.</param>
    /// <param name="mode">r, w or a.</param>
    private sealed class OpenFile(string path, char mode)
    {
        internal string Path => path;

        internal char Mode => mode;

        /// <summary>From the beginning; null at the end, wherever that is.</summary>
        internal long? Position { get; set; } = 0;

        /// <summary>How much was written by this handle.</summary>
        internal long Written { get; set; }
    }

    private readonly struct Shell(
        Func<string, string[], ReadOnlyMemory<byte>, TimeSpan, CancellationToken, Task<GuestShell.Run>> run,
        TimeSpan timeout,
        CancellationToken cancel)
    {
        internal Task<GuestShell.Run> RunAsync(string script, string[] arguments, ReadOnlyMemory<byte> input = default) =>
            run(script, arguments, input, timeout, cancel);
    }
}
