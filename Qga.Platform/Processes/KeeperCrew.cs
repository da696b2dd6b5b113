using Qga.Platform.Threads;

namespace Qga.Platform.Processes;

/// <summary>
/// The threads that do what an agent tells its keeper, each message on the thread that has read it. Before a start, which may hang, another
/// thread is there to read the next one.
/// </summary>
internal sealed class KeeperCrew
{
    /// <summary>More than read in turn when no start hangs end.</summary>
    private const int Usual = 2;

    private readonly KeeperConnection _agent;
    private readonly Action<KeeperMessage> _handle;
    private readonly Lock _turn = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _waiting;

    /// <param name="agent">Read until it ends.</param>
    /// <param name="handle">Does what a message says; may get stuck in the kernel, must not throw.</param>
    /// <exception cref="PlatformException">There are no threads left.</exception>
    internal KeeperCrew(KeeperConnection agent, Action<KeeperMessage> handle)
    {
        (_agent, _handle) = (agent, handle);
        OwnThread.Start("keeper", Work);
    }

    /// <summary>Completes when the agent has left.</summary>
    internal Task Ended => _ended.Task;

    private void Work()
    {
        while (Volatile.Read(ref _waiting) < Usual && Next() is { } message)
            _handle(message);
    }

    /// <returns>Null if there is none any more.</returns>
    private KeeperMessage? Next()
    {
        Interlocked.Increment(ref _waiting);
        lock (_turn)
        {
            while (true)
            {
                var message = _ended.Task.IsCompleted ? null : _agent.Receive();
                if (message is null)
                    _ended.TrySetResult();
                if (message is not { Kind: KeeperMessageKind.Start } || HasSuccessor(message.Value))
                {
                    Interlocked.Decrement(ref _waiting);
                    return message;
                }
            }
        }
    }

    /// <summary>Whether somebody else waits for the next message; else the start is refused.</summary>
    private bool HasSuccessor(KeeperMessage start)
    {
        if (Volatile.Read(ref _waiting) > 1)
            return true;
        try
        {
            OwnThread.Start("keeper", Work);
            return true;
        }
        catch (PlatformException failure)
        {
            _agent.Send(new KeeperMessage(KeeperMessageKind.Refused, start.Number, new KeeperBodyWriter().Text(failure.Message).Bytes));
            return false;
        }
    }
}
