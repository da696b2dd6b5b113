namespace Qga.Client;

/// <content>Many requests that belong together, each sent while those before it are answered.</content>
internal sealed partial class StreamConnection
{
    public async Task ExchangeAllAsync(
        Func<CancellationToken, ValueTask<Request?>> next,
        Func<Answer, CancellationToken, ValueTask> answered,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        using var givenUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _turns.Closing);
        var sequence = new Sequence(next, answered, givenUp.Token);
        while (await OutsideAsync(sequence.HasNextAsync()).ConfigureAwait(false))
        {
            using (await _turns.TakeAsync(cancellationToken).ConfigureAwait(false))
            using (var deadline = new Deadline(timeout, _options.TimeProvider, cancellationToken, _turns.Closing))
            {
                string? asked = null;
                await GuardAsync(
                    async () =>
                    {
                        await MakeReadyAsync(deadline.Token).ConfigureAwait(false);
                        await PumpAsync(sequence, deadline, command => asked = command).ConfigureAwait(false);
                    },
                    () => asked, deadline, cancellationToken).ConfigureAwait(false);
            }
        }

        // The caller's own affairs hold nobody else up, and are given up when the connection is closed.
        async Task<bool> OutsideAsync(Task<bool> work)
        {
            try
            {
                return await work.WaitAsync(givenUp.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (givenUp.IsCancellationRequested)
            {
                AbandonedWork.Forget(work);
                throw _turns.GivenUp(cancellationToken);
            }
        }
    }

    /// <summary>Sends and receives until there is no more to send, the caller is not ready, or somebody else waits for a turn.</summary>
    private async Task PumpAsync(Sequence sequence, Deadline deadline, Action<string> sent)
    {
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token);
        Queue<(Request Request, long Id)> underWay = [];
        Task<Answer>? receiving = null;
        var isFirst = true;
        try
        {
            while (true)
            {
                // Who waits gets its turn between two requests, and so does this one.
                var maySend = underWay.Count < Limits.Depth && !sequence.IsBehind && (isFirst || !_turns.AreAwaited);
                if (maySend && sequence.TryTake(out var request))
                {
                    isFirst = false;
                    sent(request.Command);
                    deadline.Restart();
                    underWay.Enqueue((request, await SendAsync(request, leave.Token).ConfigureAwait(false)));
                    continue;
                }

                if (!underWay.TryPeek(out var oldest))
                    return;
                receiving ??= AnswerToAsync(oldest.Request, oldest.Id, leave.Token);
                if (maySend && sequence.Coming is { } coming)
                    await Task.WhenAny(receiving, coming).ConfigureAwait(false);
                else
                    await ((Task)receiving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!receiving.IsCompleted)
                    continue;

                underWay.Dequeue();
                var answer = await receiving.ConfigureAwait(false);
                receiving = null;
                deadline.Pause();
                await sequence.GiveAsync(answer, _turns.WhenAwaited).ConfigureAwait(false);
                deadline.Restart();

                // The caller takes this one while the next is received: each has a buffer, and the caller's is free when the next is given.
                (_payload, _givenPayload) = sequence.IsBehind ? ([], []) : (_givenPayload, _payload);
            }
        }
        finally
        {
            if (sequence.IsTaking)
                (_payload, _givenPayload) = ([], []);
            if (receiving is not null)
            {
                await leave.CancelAsync().ConfigureAwait(false);
                await ((Task)receiving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>What the caller sends and takes, at its own pace.</summary>
    private sealed class Sequence(
        Func<CancellationToken, ValueTask<Request?>> next, Func<Answer, CancellationToken, ValueTask> answered, CancellationToken givenUp)
    {
        private readonly Queue<Answer> _untaken = [];
        private Task<Request?>? _coming;
        private Task? _taking;

        /// <summary>The next request; null if there are no more.</summary>
        internal Task<Request?>? Coming => _coming is { IsCompletedSuccessfully: true, Result: null } ? null : _coming;

        /// <summary>Whether the caller is at an answer.</summary>
        internal bool IsTaking => _taking is { IsCompleted: false };

        /// <summary>Whether more answers wait for the caller than the one that it is at.</summary>
        internal bool IsBehind => _untaken.Count > 0;

        /// <summary>Waits for the caller to take what has come, and to have more to send.</summary>
        /// <returns>False at the end.</returns>
        internal async Task<bool> HasNextAsync()
        {
            while (_taking is not null)
            {
                await _taking.ConfigureAwait(false);
                _taking = _untaken.TryDequeue(out var answer) ? answered(answer, givenUp).AsTask() : null;
            }

            _coming ??= next(givenUp).AsTask();
            return await _coming.ConfigureAwait(false) is not null;
        }

        /// <summary>Takes the next request, if it is there by now.</summary>
        /// <exception cref="Exception">What the caller has thrown.</exception>
        internal bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Request? request)
        {
            _coming ??= next(givenUp).AsTask();
            request = _coming.IsCompleted ? _coming.GetAwaiter().GetResult() : null;
            if (request is not null)
                _coming = null;
            return request is not null;
        }

        /// <summary>Has the caller take an answer once it has taken the one before, which is waited for unless somebody else waits.</summary>
        internal async Task GiveAsync(Answer answer, Task whenAwaited)
        {
            if (_taking is not null && !IsBehind)
            {
                await Task.WhenAny(_taking, whenAwaited).WaitAsync(givenUp).ConfigureAwait(false);
                if (_taking.IsCompleted)
                {
                    var taken = _taking;
                    _taking = null;
                    await taken.ConfigureAwait(false);
                }
            }

            if (_taking is null)
                _taking = answered(answer, givenUp).AsTask();
            else
                _untaken.Enqueue(answer);
        }
    }
}
