using System.Globalization;
using System.IO.Enumeration;
using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Qga.Host.Audit;
using Qga.Host.CommandLine;
using Qga.Platform;
using Qga.Platform.Audit;

namespace Qga.Host.Subcommands;

/// <summary><c>qga audit</c>: prints the audit file, or tells whether somebody has changed it. It needs no agent.</summary>
internal sealed class AuditSubcommand : Subcommand
{
    private const int Broken = 1;

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    private readonly List<string> _files = [];
    private string? _since;
    private string? _command;
    private bool _follows;
    private bool _verifies;

    protected override string Help => """
        Usage: qga audit [--since=TIME] [--command=GLOB] [--json] [--follow] [--file=FILE]... [OPTIONS]
               qga audit --verify [--json] [--file=FILE]... [OPTIONS]
        Prints the records of the audit file, and of those that logrotate has made of it: those since TIME, which is as 2026-11-26 10:00, 10:00 or
        2h, and those of the commands that GLOB means. With --json they are printed as they are. With --follow it goes on with what is recorded
        from then on. --verify tells whether a record was changed, removed or inserted, and where. FILEs, in the order in which they were written,
        take the place of those that are found; - is standard input. Takes the options of the agent.
        Exit status: 0; 1 if a record was changed, removed or inserted, or a line is no record; 2 if there is nothing to look at.

        """;

    protected override string[] TakeOperands(string[] words)
    {
        List<string> rest = [];
        foreach (var word in words)
        {
            if (ValueOf(word, "--since=") is { } since)
                _since = since;
            else if (ValueOf(word, "--command=") is { } command)
                _command = command;
            else if (ValueOf(word, "--file=") is { } file)
                _files.Add(file);
            else if (word is "--follow")
                _follows = true;
            else if (word is "--verify")
                _verifies = true;
            else
                rest.Add(word);
        }

        return [.. rest];
    }

    protected override int Run(Func<StartupDecision.Serve> read, TextWriter output, TextWriter error)
    {
        try
        {
            // Asked before the file is read, which may have more by then.
            var path = _files.Count == 0 ? read().Options.AuditFile : null;
            var head = path is null ? null : HeadOf(path);
            IReadOnlyList<string> files = path is null ? _files : AuditFiles.All(path);
            foreach (var compressed in path is null ? [] : AuditFiles.Compressed(path))
                _ = Fail(error, $"{compressed} is compressed and not looked at: unpack it, and name the files by --file=, or give them by --file=-");
            if (files.Count == 0 && !_follows)
                return Fail(error, $"there is no {path}: records go there with audit=file in group [qga] of the configuration");
            return _verifies ? Verify(files, path, head, output) : Print(files, path, output, error);
        }
        catch (Exception failure) when (failure is OptionsException or PlatformException)
        {
            return Fail(error, failure.Message);
        }
    }

    private static string? ValueOf(string word, string option) => word.StartsWith(option, StringComparison.Ordinal) ? word[option.Length..] : null;

    /// <summary>What the agent that runs has written last to that file; null if none does, or has.</summary>
    private AuditHead? HeadOf(string path)
    {
        var sinks = Agents.SelectMany(agent => agent.Status?["audit"] ?? new JArray());
        return sinks.FirstOrDefault(sink => (string?)sink["path"] == path) is { } file && file["hash"] is { } hash
            ? new AuditHead((long?)file["seq"] ?? 0, $"{hash}")
            : null;
    }

    private int Verify(IReadOnlyList<string> files, string? path, AuditHead? head, TextWriter output)
    {
        var verification = AuditVerification.Of(files, head);
        if (!verification.IsIntact && path is not null)
        {
            // Files that are renamed while they are looked for make a gap.
            files = AuditFiles.All(path);
            verification = AuditVerification.Of(files, head);
        }

        if (IsJson)
        {
            output.WriteLine(new JObject
            {
                ["intact"] = verification.IsIntact,
                ["records"] = verification.Records,
                ["files"] = new JArray(files),
                ["end-is-known"] = head is not null,
                ["findings"] = new JArray(verification.Findings.Select(finding => new JObject
                {
                    ["path"] = finding.Path,
                    ["line"] = finding.Line,
                    ["text"] = finding.Text,
                    ["break"] = finding.IsBreak,
                })),
            }.ToString(Formatting.None));
        }
        else
        {
            foreach (var finding in verification.Findings)
                output.WriteLine($"{finding.Path}:{finding.Line}: {(finding.IsBreak ? "" : "note: ")}{finding.Text}");
            var state = verification.IsIntact ? "nothing was changed, removed or inserted" : "the chain is broken";
            if (verification.IsIntact && head is null)
                state += " before the last of them; whether that is the end can't be told, as no agent that writes there was asked";
            output.WriteLine($"{verification.Records} records in {files.Count} files: {state}");
        }

        return verification.IsIntact ? 0 : Broken;
    }

    private int Print(IReadOnlyList<string> files, string? path, TextWriter output, TextWriter error)
    {
        DateTimeOffset? since = null;
        if (_since is not null && (since = PointInTime.TryParse(_since, DateTimeOffset.Now)) is null)
            return Fail(error, $"'{_since}' is no time: 2026-11-26 10:00, 10:00, 90s, 30min, 2h and 7d are some");
        var status = 0;
        AuditLines? lines = null;
        try
        {
            foreach (var file in files)
            {
                lines?.Dispose();
                lines = AuditLines.Open(file);
                PrintRest(file, lines);
            }

            while (_follows && path is not null)
            {
                Thread.Sleep(LookInterval);
                lines = Follow(path, lines);
            }
        }
        finally
        {
            lines?.Dispose();
        }

        return status;

        AuditLines? Follow(string current, AuditLines? before)
        {
            // What was written before the file was renamed comes first.
            var isCurrent = before?.IsCurrent ?? false;
            if (before is not null)
                PrintRest(current, before);
            if (isCurrent || AuditFiles.All(current) is not [.., var last] || last != current)
                return before;
            before?.Dispose();
            return AuditLines.Open(current);
        }

        void PrintRest(string file, AuditLines from)
        {
            while (from.Next() is { } line)
            {
                if (Parse(line) is not { } record)
                    status = Tell(error, $"{file}: a line is no record: {Encoding.Latin1.GetString(line.AsSpan(0, Math.Min(line.Length, 60)))}");
                else if (IsAskedFor(record, since))
                    output.WriteLine(IsJson ? Encoding.Latin1.GetString(line) : AuditText.Of(record));
            }
        }
    }

    private static int Tell(TextWriter error, string text)
    {
        _ = Fail(error, text);
        return Broken;
    }

    private bool IsAskedFor(JObject record, DateTimeOffset? since) =>
        (_command is not { } glob || FileSystemName.MatchesSimpleExpression(glob, $"{record["command"]}", ignoreCase: false))
        && (since is null || (DateTimeOffset.TryParse($"{record["time"]}", CultureInfo.InvariantCulture, out var time) && time >= since));

    private static JObject? Parse(byte[] line)
    {
        try
        {
            using var reader = new JsonTextReader(new StringReader(Encoding.Latin1.GetString(line))) { DateParseHandling = DateParseHandling.None };
            return JToken.ReadFrom(reader) as JObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
