using System.Collections.Concurrent;
using Qga.Platform.Audit;
using Qga.Platform.Logging;
using Qga.Testing;

namespace Qga.Platform.Tests.Audit;

/// <summary>A place for an audit file, and what the log is told of it.</summary>
internal sealed class AuditLab : IEventLog, IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    internal string Root => _scratch.Root;

    internal string Directory => _scratch.PathOf("log");

    internal string Path => _scratch.PathOf("log/audit.jsonl");

    internal string Journal => _scratch.PathOf("journal");

    internal ConcurrentQueue<string> Told { get; } = new();

    /// <summary>Whether what can't be written before an agent ends is kept for the next.</summary>
    internal bool HasSpool { get; set; } = true;

    internal Clock Time { get; } = new();

    public void Write(LogLevel level, string text) => Told.Enqueue(text);

    public void Dispose() => _scratch.Dispose();

    internal AuditTrail Open() => new(
        new AuditSettings(Syslog: false, Journal: false, Path), "qga-test", this, Time, Journal, path => new AuditSpool(path, Root, () => HasSpool));

    internal AuditTrail OpenJournal() => new(new AuditSettings(Syslog: false, Journal: true, File: null), "qga-test", this, Time, Journal);

    /// <summary>Records requests for these commands, and ends.</summary>
    internal void Write(params string[] commands)
    {
        using var trail = Open();
        foreach (var command in commands)
            trail.Record(Request(command));
    }

    internal static AuditRecord Request(string command, string? path = null)
    {
        var record = new AuditRecord(AuditKind.Request, $"{command}: ok");
        record.Members.Add("command", command).Add("path", path);
        return record;
    }

    /// <summary>Waits until the file has so many records.</summary>
    internal void AwaitRecords(int count, string? path = null) =>
        Eventually.True(() => File.Exists(path ?? Path) && File.ReadAllLines(path ?? Path).Length == count);

    internal void AwaitWord(string text) => Eventually.True(() => Told.Any(line => line.Contains(text, StringComparison.Ordinal)));

    internal string[] Lines => File.ReadAllLines(Path);

    internal AuditVerification Verify(AuditHead? head = null) => AuditVerification.Of(AuditFiles.All(Path), head);

    /// <summary>The findings that are no notes, as <c>name:line: text</c>.</summary>
    internal string[] Breaks(AuditHead? head = null) =>
        [.. from finding in Verify(head).Findings where finding.IsBreak select $"{System.IO.Path.GetFileName(finding.Path)}:{finding.Line}: {finding.Text}"];

    internal string[] Notes() =>
        [.. from finding in Verify().Findings where !finding.IsBreak select $"{System.IO.Path.GetFileName(finding.Path)}:{finding.Line}: {finding.Text}"];

    /// <summary>A clock that somebody sets.</summary>
    internal sealed class Clock : TimeProvider
    {
        internal TimeSpan Off { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Off;
    }
}
