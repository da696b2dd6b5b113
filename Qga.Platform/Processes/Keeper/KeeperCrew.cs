using Qga.Platform.Threads;

namespace Qga.Platform.Processes.Keeper;

/// <summary>
/// The threads that do what an agent tells its keeper, each on the thread that has read it. Before a start, which may hang, another thread is
/// there to read what comes next.
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

    /// <summary>Takes the turn, does all but starts, and gives the turn to another before a start.</summary>
    /// <returns>What to start; null if there is nothing any more.</returns>
    private KeeperMessage? Next()
    {
        Interlocked.Increment(ref _waiting);
        lock (_turn)
        {
            KeeperMessage? message;
            do
            {
                message = _ended.Task.IsCompleted ? null : _agent.Receive();
                if (message is null)
                    _ended.TrySetResult();
                else if (message is { Kind: not KeeperMessageKind.Start })
                    _handle(message.Value);
            }
            while (message is { } read && (read.Kind != KeeperMessageKind.Start || !HasSuccessor(read)));
            Interlocked.Decrement(ref _waiting);
            return message;
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
            _agent.Send(KeeperMessage.WithText(KeeperMessageKind.Refused, start.Number, failure.Message));
            return false;
        }
    }
}
