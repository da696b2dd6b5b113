namespace Qga.Platform.Audit;

/// <summary>One place where records go, whatever their form is there.</summary>
internal interface IAuditSink : IDisposable
{
    AuditSinkState State { get; }

    /// <summary>Whether records come faster than they are written, and whoever makes them should wait a little.</summary>
    bool IsBehind { get; }

    void Hold();

    void AwaitRest(TimeSpan limit);

    void Release();

    void Reopen();
}

/// <summary>A place for whole records.</summary>
internal interface IRecordSink : IAuditSink
{
    void Record(AuditRecord record);
}

/// <summary>How one of the places is where records go.</summary>
/// <param name="Name">What it is called, as the setting has it.</param>
/// <param name="Written">How many records it has taken.</param>
/// <param name="Waiting">How many wait for it.</param>
/// <param name="Lost">How many were lost.</param>
public sealed record AuditSinkState(string Name, long Written, int Waiting, long Lost)
{
    /// <summary>Why nothing can be written now; null if it can.</summary>
    public string? Failure { get; init; }

    /// <summary>The file; null for no file.</summary>
    public string? Path { get; init; }

    /// <summary>What was written last to that file.</summary>
    public AuditHead? Head { get; init; }
}

/// <summary>The end of the chain in the audit file.</summary>
/// <param name="Sequence">Which record of the agent it is.</param>
/// <param name="Hash">Its hash.</param>
public sealed record AuditHead(long Sequence, string Hash);
