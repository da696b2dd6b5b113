using Akka.Actor;
using Qga.Actors.Commands;
using Qga.Platform;
using Qga.Platform.Work;
using Qga.Transport;
using Qga.Transport.Protocol;
using static Qga.Actors.Commands.CommandProtocol;

namespace Qga.Actors.Domains;

/// <summary>
/// What every actor that carries out commands has in common: commands run on workers, each against its deadline, and each gets
/// exactly one answer, whatever fails on the way. While the guest is frozen, and from the moment that it is about to be, only
/// commands that are safe then are carried out.
/// </summary>
public abstract class CommandActor : WorkingActor
{
    private readonly HashSet<IActorRef> _restless = [];
    private IActorRef? _quiescer;

    protected CommandActor(WorkerPool workers, bool isFrozen)
        : base(workers) => IsFrozen = isFrozen;

    /// <summary>The command that this actor's worker has not come back from in time; null if there is none.</summary>
    protected string? StuckIn => Running.FirstOrDefault(work => work.IsOverdue)?.Name;

    protected bool IsRunning => Running.Any();

    /// <summary>Whether only commands that are safe while frozen are carried out.</summary>
    protected bool IsFrozen { get; private set; }

    /// <summary>The actors that come to rest and resume together with this one.</summary>
    protected virtual IEnumerable<IActorRef> Subordinates => [];

    /// <remarks>A bug on the way costs the request that met it an error answer; the supervisor then decides about the actor.</remarks>
    protected sealed override void OnReceive(object message)
    {
        try
        {
            if (message is Invoke { Spec: var spec } refused && IsFrozen && !spec.Is(CommandTraits.FrozenSafe))
                refused.Fail(CommandFilter.FrozenOut(spec), Self);
            else
                Handle(message);
        }
        catch (Exception bug)
        {
            if (message is Invoke invoke)
                invoke.Fail(bug, Self);
            throw;
        }
    }

    /// <summary>Handles the actor's own messages; the rest goes to the base method.</summary>
    protected override void Handle(object message)
    {
        switch (message)
        {
            case QuiesceProtocol.Quiesce: Quiesce(Sender); break;
            case QuiesceProtocol.StillRunning running: _quiescer?.Tell(running, Self); break;
            case QuiesceProtocol.Quiesced: OnQuiesced(Sender); break;
            case QuiesceProtocol.Resume: Resume(); break;
            case TransportProtocol.Undelivered: break;
            default: base.Handle(message); break;
        }
    }

    /// <summary>Runs a command on a worker; <paramref name="done"/> says what its outcome means, on this actor again.</summary>
    /// <param name="invoke">The command, which is answered here if no worker is to be had.</param>
    /// <param name="work">What enters the kernel.</param>
    /// <param name="done">Called with the outcome; not called once the deadline has passed.</param>
    /// <param name="late">Called instead when the worker comes back after the deadline.</param>
    /// <param name="isCleanup">Whether the work frees what is held, and so is never refused.</param>
    /// <param name="overdue">Called when the deadline has passed and the client knows; told whether the work had begun.</param>
    /// <returns>False if no worker is to be had.</returns>
    protected bool TryRunOnWorker<T>(
        Invoke invoke,
        Func<T> work,
        Action<Outcome<T>> done,
        Action<Outcome<T>>? late = null,
        bool isCleanup = false,
        Action<bool>? overdue = null)
    {
        var spec = invoke.Spec;
        try
        {
            var isStarted = TryRun(
                new Work(spec.Name, spec.Is(CommandTraits.TouchesNoDisk)),
                work,
                outcome => Continue(invoke, done, outcome),
                spec.Deadline,
                hasBegun => OnOverdue(invoke, hasBegun, overdue),
                late is null ? null : outcome => Continue(invoke, late, outcome),
                isCleanup);
            if (!isStarted)
            {
                invoke.Fail(QmpError.Generic(
                    $"{spec.Name} is refused: {StuckWorkers} commands are stuck in the kernel, the most that are allowed"), Self);
            }

            return isStarted;
        }
        catch (PlatformException lack)
        {
            invoke.Fail(QmpError.Generic($"{spec.Name} is refused: {lack.Message}"), Self);
            return false;
        }
    }

    /// <inheritdoc cref="TryRunOnWorker"/>
    protected void RunOnWorker<T>(
        Invoke invoke, Func<T> work, Action<Outcome<T>> done, Action<Outcome<T>>? late = null, bool isCleanup = false) =>
        TryRunOnWorker(invoke, work, done, late, isCleanup);

    /// <summary>Called when the actor comes to rest or resumes.</summary>
    protected virtual void FrozenChanged()
    {
    }

    /// <summary>Called when a worker has missed its deadline.</summary>
    protected virtual void DeadlinePassed()
    {
    }

    protected override void WorkerReturned() => TellWhetherQuiesced();

    /// <remarks>A bug in what follows a command costs that command an error answer.</remarks>
    private void Continue<T>(Invoke invoke, Action<Outcome<T>> next, Outcome<T> outcome)
    {
        try
        {
            next(outcome);
        }
        catch (Exception bug)
        {
            invoke.Fail(bug, Self);
            throw;
        }
    }

    private void OnOverdue(Invoke invoke, bool hasBegun, Action<bool>? overdue)
    {
        var name = invoke.Spec.Name;
        var limit = invoke.Spec.Deadline!.Value.TotalSeconds;
        invoke.Fail(
            QmpError.Generic(hasBegun
                ? $"{name} has not finished within {limit:0} s"
                : $"{name} has not begun within {limit:0} s: no worker was free"),
            Self);
        overdue?.Invoke(hasBegun);
        if (!hasBegun)
            return;

        DeadlinePassed();
        TellWhetherQuiesced();
    }

    private void Quiesce(IActorRef quiescer)
    {
        _quiescer = quiescer;
        IsFrozen = true;
        FrozenChanged();
        foreach (var subordinate in Subordinates)
        {
            _restless.Add(subordinate);
            subordinate.Tell(QuiesceProtocol.Quiesce.Instance);
        }

        if (Running.FirstOrDefault(MustEnd) is { } work)
            quiescer.Tell(new QuiesceProtocol.StillRunning(work.Name));
        TellWhetherQuiesced();
    }

    private void OnQuiesced(IActorRef subordinate)
    {
        _restless.Remove(subordinate);
        TellWhetherQuiesced();
    }

    private void TellWhetherQuiesced()
    {
        if (_quiescer is null || _restless.Count > 0 || Running.Any(MustEnd))
            return;
        _quiescer.Tell(QuiesceProtocol.Quiesced.Instance);
        _quiescer = null;
    }

    private void Resume()
    {
        _quiescer = null;
        _restless.Clear();
        IsFrozen = false;
        FrozenChanged();
        foreach (var subordinate in Subordinates)
            subordinate.Tell(QuiesceProtocol.Resume.Instance);
    }

    /// <summary>
    /// What has missed its deadline may stay in the kernel for good, and the client knows. It can't spoil the freeze: if it
    /// writes to what is to be frozen, the kernel's own freeze waits for it.
    /// </summary>
    private static bool MustEnd(Work work) => !work.TouchesNoDisk && !work.IsOverdue;
}
