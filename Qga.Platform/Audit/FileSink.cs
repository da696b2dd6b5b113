using Qga.Platform.Logging;

namespace Qga.Platform.Audit;

/// <summary>The audit file, with a chain of hashes.</summary>
/// <param name="path">Its path.</param>
/// <param name="lost">Makes a record of how many were lost.</param>
/// <param name="log">The agent's own log.</param>
/// <param name="spool">Where it is kept what can't be written before the agent ends.</param>
internal sealed class FileSink(string path, Func<long, AuditRecord> lost, IEventLog log, AuditSpool spool) : AuditSink<AuditRecord>(Name, log)
{
    internal const string Name = "file";

    private readonly AuditFile _file = new(path, spool);

    protected override string? Path => path;

    protected override AuditHead? Head => _file.Head;

    /// <summary>The file may have been renamed: the next record goes to what the path leads to then.</summary>
    public override void Reopen()
    {
        _file.Reopen();
        base.Reopen();
    }

    protected override bool TryHandOver(IReadOnlyList<AuditRecord> held) => spool.Keep(held);

    protected override string? Write(AuditRecord record) => _file.Append(record);

    protected override int SizeOf(AuditRecord record) => record.Size;

    protected override AuditRecord Lost(long count) => lost(count);

    protected override void Close() => _file.Dispose();
}
