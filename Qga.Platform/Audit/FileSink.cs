using Qga.Platform.Logging;

namespace Qga.Platform.Audit;

/// <summary>The audit file, with a chain of hashes. What agents before this one have left is written first.</summary>
internal sealed class FileSink : AuditSink<AuditEntry>, IRecordSink
{
    internal const string Name = "file";

    private readonly string _path;
    private readonly AuditSpool _spool;
    private readonly AuditFile _file;

    /// <param name="path">Its path.</param>
    /// <param name="log">The agent's own log.</param>
    /// <param name="spool">Has what waits for it too, and outlives the agent.</param>
    internal FileSink(string path, IEventLog log, AuditSpool spool)
        : base(Name, log)
    {
        (_path, _spool, _file) = (path, spool, new AuditFile(path));
        foreach (var left in spool.Open())
            Enqueue(new AuditEntry(Stamp: null, left));
    }

    protected override string? Path => _path;

    protected override AuditHead? Head => _file.Head;

    protected override int MostAtOnce => int.MaxValue;

    public void Record(AuditRecord record) => Add(new AuditEntry(record.Stamp, AuditChain.BodyOf(record)));

    /// <summary>The file may have been renamed: the next record goes to what the path leads to then.</summary>
    public override void Reopen()
    {
        _file.Reopen();
        base.Reopen();
    }

    protected override void OnEnqueued(AuditEntry record) => _spool.Add(record.Bytes);

    protected override void OnSettled(IReadOnlyCollection<AuditEntry> waiting)
    {
        if (waiting.Count == 0 || _spool.IsStale || !_spool.IsWhole)
            _spool.Replace([.. waiting.Select(each => each.Bytes)]);
    }

    protected override void OnHeld() => _spool.Reserve();

    /// <remarks>The spool has them already.</remarks>
    protected override bool TryHandOver(IReadOnlyList<AuditEntry> left) => _spool.IsWhole;

    protected override string? Write(IReadOnlyList<AuditEntry> records, out int settled) => _file.Append(records, out settled);

    protected override int SizeOf(AuditEntry record) => record.Bytes.Length;

    protected override AuditEntry Lost(AuditEntry first, long count) => new(first.Stamp, AuditChain.BodyOf(AuditTrail.Lost(first.Stamp, count)));

    protected override void Close()
    {
        _file.Dispose();
        _spool.Dispose();
    }
}
