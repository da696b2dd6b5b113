namespace Qga.Ctl.Groups;

/// <summary>What is done while all guests are frozen.</summary>
internal interface ISnapshot
{
    /// <summary>Takes it.</summary>
    /// <param name="over">Its time is over: it is to end what it does, and to return.</param>
    Task<SnapshotResult> TakeAsync(CancellationToken over);
}

/// <summary>How a snapshot has ended.</summary>
/// <param name="Failure">What went wrong, as <c>exit code 5</c>; null for a success.</param>
/// <param name="ExitCode">Of its program, 128 and the signal if one ended it; null where none has run.</param>
internal sealed record SnapshotResult(string? Failure, int? ExitCode = null)
{
    /// <summary>Processes that it has started and that run on; they are no part of it.</summary>
    internal IReadOnlyList<int> LeftRunning { get; init; } = [];
}
