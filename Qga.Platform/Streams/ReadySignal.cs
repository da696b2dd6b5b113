using System.Threading.Tasks.Sources;

namespace Qga.Platform.Streams;

/// <summary>
/// An auto-reset event for one waiter at a time that holds no thread: raised by the poller, awaited by a stream. What waits goes
/// on right on the poller's thread, which suits the one more read or write and the message to an actor that follow here.
/// </summary>
internal sealed class ReadySignal : IValueTaskSource
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _source;
    private bool _raised;
    private bool _awaited;

    /// <summary>Completes at the next <see cref="Raise"/>, at once if one has come since the last wait.</summary>
    internal ValueTask WaitAsync()
    {
        lock (_gate)
        {
            if (_raised)
            {
                _raised = false;
                return ValueTask.CompletedTask;
            }

            _source.Reset();
            _awaited = true;
            return new ValueTask(this, _source.Version);
        }
    }

    internal void Raise()
    {
        lock (_gate)
        {
            if (!_awaited)
            {
                _raised = true;
                return;
            }

            _awaited = false;
        }

        _source.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
