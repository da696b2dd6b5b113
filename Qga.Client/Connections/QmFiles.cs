using System.Globalization;
using System.Text;
using Newtonsoft.Json.Linq;

namespace Qga.Client;

/// <summary>
/// Files of a guest that can only be asked to run programs: handles that exist here, and a program for each read and write. What passes is
/// base64, as not every step on the way leaves other bytes alone.
/// </summary>
/// <param name="run">Runs a script with arguments and an input in the guest's shell.</param>
internal sealed class QmFiles(Func<string, string[], ReadOnlyMemory<byte>, CancellationToken, Task<GuestShell.Run>> run)
{
    private const string Open = """
        case $2 in
            r) [ ! -d "$1" ] || { echo "Is a directory" >&2; exit 1; }; : < "$1" ;;
            w) : > "$1" ;;
            a) : >> "$1" ;;
        esac
        """;

    private const string Read = """tail -c "+$(($2 + 1))" "$1" | head -c "$3" | base64 | tr -d '\n'""";

    private const string Write = """base64 -d >> "$1" """;

    private const string Size = """wc -c < "$1" """;

    private const long DefaultCount = 4096;

    private readonly Dictionary<long, OpenFile> _files = [];
    private long _lastHandle;

    /// <returns>Null if it is no command of files.</returns>
    internal async Task<Answer?> TryAskAsync(Request request, CancellationToken cancellationToken)
    {
        var arguments = request.Arguments ?? [];
        if (request.Command == "guest-file-open")
            return await OpenAsync((string?)arguments["path"] ?? "", (string?)arguments["mode"] ?? "r", cancellationToken).ConfigureAwait(false);
        if (!request.Command.StartsWith("guest-file-", StringComparison.Ordinal))
            return null;

        var handle = (long?)arguments["handle"] ?? 0;
        if (!_files.TryGetValue(handle, out var file))
            return Failure($"handle '{handle}' has not been found");
        return request.Command switch
        {
            "guest-file-close" => Close(handle),
            "guest-file-flush" => Success(new JObject()),
            "guest-file-seek" => await SeekAsync(file, arguments, cancellationToken).ConfigureAwait(false),
            "guest-file-read" => await ReadAsync(file, request, cancellationToken).ConfigureAwait(false),
            "guest-file-write" => await WriteAsync(file, BytesOf(request, arguments), cancellationToken).ConfigureAwait(false),
            _ => null,
        };
    }

    private async Task<Answer> OpenAsync(string path, string mode, CancellationToken cancellationToken)
    {
        if (mode.TrimEnd('b') is not ("r" or "w" or "a") and var kind)
            return Failure($"by qm a file can be opened to be read, written anew or appended to, not with mode '{kind}'");
        var opened = await run(Open, [path, mode[..1]], default, cancellationToken).ConfigureAwait(false);
        if (opened.ExitCode != 0)
            return Failure($"failed to open file '{path}' (mode: '{mode}'): {opened.Reason}");
        _files.Add(++_lastHandle, new OpenFile(path));
        return Success(_lastHandle);
    }

    private Answer Close(long handle)
    {
        _files.Remove(handle);
        return Success(new JObject());
    }

    private async Task<Answer> SeekAsync(OpenFile file, JObject arguments, CancellationToken cancellationToken)
    {
        var offset = (long?)arguments["offset"] ?? 0;
        var start = (string?)arguments["whence"] switch
        {
            "0" or "set" => 0,
            "1" or "cur" => file.Position,
            _ => await SizeAsync(file, cancellationToken).ConfigureAwait(false),
        };
        if (start is null || start + offset < 0)
            return Failure("failed to seek file: Invalid argument");
        file.Position = start.Value + offset;
        return Success(new JObject { ["position"] = file.Position, ["eof"] = false });
    }

    private async Task<long?> SizeAsync(OpenFile file, CancellationToken cancellationToken)
    {
        var told = await run(Size, [file.Path], default, cancellationToken).ConfigureAwait(false);
        return told.ExitCode == 0 && long.TryParse(told.Output.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : null;
    }

    private async Task<Answer> ReadAsync(OpenFile file, Request request, CancellationToken cancellationToken)
    {
        var count = (long?)request.Arguments?["count"] ?? DefaultCount;
        string[] arguments = [file.Path, file.Position.ToString(CultureInfo.InvariantCulture), count.ToString(CultureInfo.InvariantCulture)];
        var read = await run(Read, arguments, default, cancellationToken).ConfigureAwait(false);
        if (read.ExitCode != 0 || read.Errors.Length > 0)
            return Failure($"failed to read file: {read.Reason}");
        var bytes = Convert.FromBase64String(read.Output);
        file.Position += bytes.Length;
        var value = new JObject { ["count"] = bytes.Length, ["eof"] = bytes.Length < count };
        if (request.PayloadName is not null)
            return Success(value) with { Payload = bytes };
        value["buf-b64"] = read.Output;
        return Success(value);
    }

    private async Task<Answer> WriteAsync(OpenFile file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var input = Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes.Span));
        var written = await run(Write, [file.Path], input, cancellationToken).ConfigureAwait(false);
        return written.ExitCode == 0
            ? Success(new JObject { ["count"] = bytes.Length, ["eof"] = false })
            : Failure($"failed to write to file: {written.Reason}");
    }

    private static ReadOnlyMemory<byte> BytesOf(Request request, JObject arguments) =>
        request.Data is { } data ? data.Bytes : Convert.FromBase64String((string?)arguments["buf-b64"] ?? "");

    private static Answer Success(JToken value) => new(value, null, null);

    private static Answer Failure(string description) => new(null, ("GenericError", description), null);

    private sealed class OpenFile(string path)
    {
        internal string Path => path;

        internal long Position { get; set; }
    }
}
