namespace Qga.Platform.Work;

/// <summary>
/// Calls that may get stuck in the kernel, made from a worker that must not get stuck with them: each runs on a worker of its
/// own and is left alone when its limit has passed.
/// </summary>
/// <param name="workers">Runs them.</param>
/// <param name="time">Measures the limits.</param>
public sealed class BoundedCalls(WorkerPool workers, TimeProvider time)
{
    /// <summary>Makes a call and waits for it.</summary>
    /// <param name="limit">How long it may take.</param>
    /// <param name="call">What may get stuck.</param>
    /// <param name="progress">If this number has changed within the limit, the call may take as long again; null is no number.</param>
    /// <param name="late">Gets the outcome of a call that was left alone.</param>
    /// <exception cref="TimeoutException">The limit has passed; the message says what it was. What had not begun by then never does.</exception>
    public T Run<T>(TimeSpan limit, Func<T> call, Func<long?>? progress = null, Action<Outcome<T>>? late = null)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var isLate = false;
        Outcome<T> outcome = default;

        // Never refused: whoever calls has been let in already, and a thaw must go on whatever else is stuck. If the guest has no
        // thread for it, it goes on without a limit.
        if (workers.TryStartNow(() => outcome = Outcome.Of<T>(call), Done) is not { } job)
            return call();
        var seen = progress?.Invoke();
        while (!TryAwait(completion.Task, limit))
        {
            if (progress?.Invoke() is { } now && now != seen)
            {
                seen = now;
                continue;
            }

            lock (completion)
            {
                // It may have come back just now.
                if (completion.Task.IsCompleted)
                    break;
                isLate = true;
            }

            if (job.Quarantine())
                throw new TimeoutException($"no answer within {limit.TotalSeconds:0} s");

            // It never begins: a freeze that was given up must not come after its thaw.
            late?.Invoke(default);
            throw new TimeoutException($"not begun within {limit.TotalSeconds:0} s: no worker was free");
        }

        return completion.Task.GetAwaiter().GetResult();

        void Done()
        {
            lock (completion)
            {
                if (!isLate)
                {
                    if (outcome.Failure is { } failure)
                        completion.SetException(failure);
                    else
                        completion.SetResult(outcome.Value!);
                    return;
                }
            }

            late?.Invoke(outcome);
        }
    }

    public void Run(TimeSpan limit, Action call) => Run(
        limit,
        () =>
        {
            call();
            return true;
        });

    private bool TryAwait(Task task, TimeSpan limit)
    {
        try
        {
            // The caller is a worker: waiting is what it is there for.
            task.WaitAsync(limit, time).GetAwaiter().GetResult();
            return true;
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            return false;
        }
        catch when (task.IsCompleted)
        {
            return true;
        }
    }
}
