namespace Qga.Client;

/// <summary>Work that goes on and has nobody who waits for it any more.</summary>
internal static class AbandonedWork
{
    /// <summary>Has a later failure be nobody's, instead of one that nobody has observed.</summary>
    internal static void Forget(Task work) =>
        _ = work.ContinueWith(failed => failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
}
