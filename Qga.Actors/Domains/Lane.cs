using static Qga.Actors.Commands.CommandProtocol;

namespace Qga.Actors.Domains;

/// <summary>Commands that run one after the other. While one is stuck in the kernel, no other is to be let in.</summary>
internal sealed class Lane
{
    private readonly Queue<Invoke> _waiting = new();
    private Invoke? _running;

    /// <summary>The command that has not come back from the kernel in time; null if there is none.</summary>
    internal string? StuckIn { get; private set; }

    internal bool IsEmpty => _running is null && _waiting.Count == 0;

    internal void Enter(Invoke invoke) => _waiting.Enqueue(invoke);

    /// <summary>The command whose turn it is, which has the lane until it leaves; null while another has it, or none waits.</summary>
    internal Invoke? Next() => _running is null && _waiting.TryDequeue(out _running) ? _running : null;

    /// <summary>The command that had the lane is over.</summary>
    internal void Leave() => (_running, StuckIn) = (null, null);

    /// <summary>The command that has the lane is stuck.</summary>
    internal void GetStuck() => StuckIn = _running!.Spec.Name;

    /// <summary>Takes out what waits.</summary>
    internal IReadOnlyList<Invoke> TakeWaiting()
    {
        Invoke[] waiting = [.. _waiting];
        _waiting.Clear();
        return waiting;
    }
}
