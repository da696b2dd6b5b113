namespace Qga.Client;

/// <summary>A time that passes, beside the caller who may give up and the connection that may be closed.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly TimeSpan _time;
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _any;

    internal Deadline(TimeSpan time, TimeProvider clock, CancellationToken caller, CancellationToken closing = default)
    {
        _time = time;
        _timer = new CancellationTokenSource(time, clock);
        _any = CancellationTokenSource.CreateLinkedTokenSource(caller, closing, _timer.Token);
    }

    internal CancellationToken Token => _any.Token;

    internal bool IsOver => _timer.IsCancellationRequested;

    internal double Seconds => _time.TotalSeconds;

    /// <summary>Gives the next step the whole time.</summary>
    internal void Restart() => _timer.CancelAfter(_time);

    /// <summary>Stands still until <see cref="Restart"/>, for what is not the agent's to do.</summary>
    internal void Pause() => _timer.CancelAfter(Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        _any.Dispose();
        _timer.Dispose();
    }
}
