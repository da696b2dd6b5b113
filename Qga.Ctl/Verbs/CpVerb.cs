using System.Diagnostics;
using Newtonsoft.Json.Linq;
using Qga.Client;
using Qga.Ctl.CommandLine;
using Qga.Ctl.Copying;
using Qga.Ctl.Output;

namespace Qga.Ctl.Verbs;

/// <summary>Copies files to guests and from them.</summary>
internal sealed class CpVerb : IVerb
{
    public string Name => "cp";

    public string Summary => "Copy files to a guest, or from it.";

    public string Synopsis => "SOURCE... TARGET";

    public string Description => """
        One end is a guest's, as GUEST:/PATH, the other a file of this host, with - for
        standard input or output. A directory as target gets the sources. A name of
        this host that has a colon is written with ./ in front of it.

        A copy grows beside its target, as .NAME.qga-part, is compared with its source
        by SHA-256, and takes the target's place. One that is interrupted stays there,
        and --resume goes on with it. A new file gets the permissions of its source, one
        that is replaced keeps its own. Bits that have a program run as somebody else
        (setuid, setgid) are never taken from a guest.

        With -r links are copied as links. What a guest lists can't lead out of the
        target, and no link is followed there; links that lead out of the guest's tree,
        devices and sockets are left out and told, and the exit code is 1 then.
        """;

    public IReadOnlyList<Option> Options { get; } =
    [
        new("recursive", "Copy directories with all that is in them.", 'r'),
        new("preserve", "Keep mode and owner, by the number of user and group; to this host as root only.", 'p'),
        new("resume", "Go on with an interrupted copy, and pass over what is the same."),
        new("sparse", "Make holes of blocks of zeros; in a guest by its fallocate(1)."),
        new("links", "With -r from a guest, copy links that lead out of its tree, too."),
        new("no-verify", "Don't compare the copy with its source."),
        new("verbose", "Tell of each file, with its SHA-256.", 'v'),
    ];

    public async Task<int> RunAsync(CommandWords words, VerbContext context)
    {
        if (words.All is not [_, _, ..])
            throw new UsageException($"what is needed is {Synopsis}");
        CopyEnd[] ends = [.. words.All.Select(CopyEnd.Parse)];
        var (sources, target) = (ends[..^1], ends[^1]);
        if (sources.FirstOrDefault(source => (source.Guest is null) == (target.Guest is null)) is { } same)
        {
            throw new UsageException(target.Guest is null
                ? $"neither {same} nor {target} is a guest's: GUEST:/PATH is, and unix:/SOCKET:/PATH"
                : "from guest to guest is two copies: qgactl cp GUEST:/FILE - | qgactl cp - GUEST:/FILE");
        }

        if (sources.Length > 1 && ends.Any(end => end is { Guest: null, Path: "-" }))
            throw new UsageException("- goes with one file at the other end");
        if (context.IsJson && target is { Guest: null, Path: "-" })
            throw new UsageException("--json and the file would both go to standard output");
        var options = new CopyOptions(
            words.Has("recursive"), words.Has("preserve"), words.Has("resume"), !words.Has("no-verify"), words.Has("sparse"), words.Has("links"));

        var report = new CopyReport();
        var clock = Stopwatch.StartNew();
        try
        {
            await CopyScreen.ShowWhileAsync(context.Streams, Now, () => target.Guest is null
                ? DownloadAsync(sources, target.Path, options, report, context)
                : UploadAsync(sources, target, options, report, context));
        }
        catch (Exception failure) when (failure is OperationCanceledException or QgaConnectionException or QgaTimeoutException)
        {
            // With --json what was copied goes with the failure.
            if (context.IsJson)
                throw new PartlyDoneException(Json(report), failure);
            Tell(report, clock.Elapsed, words.Has("verbose"), isWhole: false, context);
            if (report.HasBegun && !ends.Any(end => end is { Guest: null, Path: "-" }))
                context.Note("--resume goes on where this copy has stopped");
            throw;
        }

        Tell(report, clock.Elapsed, words.Has("verbose"), isWhole: true, context);
        return report.Failures.Count == 0 ? ExitCode.Success : ExitCode.Failure;

        Advance Now()
        {
            var (name, phase, bytes, total) = report.Now;
            return new Advance(phase == TransferPhase.Verifying ? $"{name}: comparing" : name, bytes, total);
        }
    }

    private static async Task DownloadAsync(CopyEnd[] sources, string target, CopyOptions options, CopyReport report, VerbContext context)
    {
        var isInto = Directory.Exists(target);
        if (!isInto && (sources.Length > 1 || target.EndsWith('/')))
            throw new IOException($"{target} is no directory");
        foreach (var ofGuest in sources.GroupBy(source => source.Guest!))
        {
            await using var guest = await context.ConnectAsync(ofGuest.Key);
            var copy = new FromGuest(guest, options, report);
            foreach (var source in ofGuest)
            {
                if (target == "-")
                    await copy.CopyToAsync(source.Path, context.Streams.OutputBytes, context.Cancellation);
                else
                    await TryAsync(source, report, sources.Length > 1, () => copy.CopyAsync(source.Path, target, isInto, context.Cancellation));
            }
        }
    }

    private static async Task UploadAsync(CopyEnd[] sources, CopyEnd target, CopyOptions options, CopyReport report, VerbContext context)
    {
        await using var guest = await context.ConnectAsync(target.Guest!);
        var copy = new ToGuest(guest, options, report);
        var isDirectory = await copy.IsDirectoryAsync(target.Path, context.Cancellation);
        if (isDirectory == false && (sources.Length > 1 || target.Path.EndsWith('/')))
            throw new QgaGuestException($"{target.Path} is no directory");
        var isInto = isDirectory ?? (sources.Length > 1 || target.Path.EndsWith('/'));
        foreach (var source in sources)
        {
            if (source.Path == "-")
                await copy.CopyFromAsync("-", context.Streams.Input, target.Path, context.Cancellation);
            else
                await TryAsync(source, report, sources.Length > 1, () => copy.CopyAsync(source.Path, target.Path, isInto, context.Cancellation));
        }
    }

    /// <summary>One of several sources that fails does not keep the others from being copied.</summary>
    private static async Task TryAsync(CopyEnd source, CopyReport report, bool isOneOfMany, Func<Task> copy)
    {
        try
        {
            await copy();
        }
        catch (Exception failure) when (isOneOfMany && CopyReport.IsOfOneFile(failure))
        {
            report.Failed(source.Path, failure);
        }
    }

    private static void Tell(CopyReport report, TimeSpan time, bool isVerbose, bool isWhole, VerbContext context)
    {
        if (context.IsJson)
        {
            context.Print(Json(report));
            return;
        }

        foreach (var (what, failure) in report.Failures)
            context.Note(failure.Message.StartsWith(what, StringComparison.Ordinal) ? failure.Message : $"{what}: {failure.Message}");
        if (isVerbose)
        {
            foreach (var file in report.Copied)
            {
                var how = file.Result is { } result ? $"{result.Bytes} bytes, SHA-256 {result.Sha256 ?? "not taken"}" : "is the same";
                context.Error.WriteLine(Printable.Of($"{file.Source} -> {file.Target}: {how}"));
            }
        }

        if (!isWhole || !context.Streams.IsErrorTerminal)
            return;
        var copied = report.Copied;
        var bytes = copied.Sum(file => (double)((file.Result?.Bytes ?? 0) - (file.Result?.ResumedAt ?? 0)));
        var rate = Quantity.Bytes(bytes / time.TotalSeconds);
        var files = copied.Count == 1 ? "1 file" : $"{copied.Count} files";
        context.Error.WriteLine($"{files}, {Quantity.Bytes(bytes)} in {time.TotalSeconds:0.0} s ({rate}/s)");
    }

    private static JObject Json(CopyReport report) => new()
    {
        ["files"] = new JArray(report.Copied.Select(file => new JObject
        {
            ["source"] = file.Source,
            ["target"] = file.Target,
            ["bytes"] = file.Result?.Bytes,
            ["resumedAt"] = file.Result?.ResumedAt,
            ["sha256"] = file.Result?.Sha256,
            ["verifiedBy"] = file.Result?.Verification switch
            {
                TransferVerification.InGuest => "sum in the guest",
                TransferVerification.ReadBack => "second reading",
                TransferVerification.Size => "size",
                _ => null,
            },
            ["isSame"] = file.Result is null,
        })),
        ["failures"] = new JArray(report.Failures.Select(failed => new JObject { ["path"] = failed.What, ["message"] = failed.Failure.Message })),
    };
}
