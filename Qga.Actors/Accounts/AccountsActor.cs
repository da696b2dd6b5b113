using Akka.Actor;
using Qga.Actors.Commands;
using Qga.Actors.Domains;
using Qga.Platform.Accounts;
using Qga.Platform.Work;
using Qga.Transport;
using Qga.Transport.Protocol;
using static Qga.Actors.Commands.CommandProtocol;

namespace Qga.Actors.Accounts;

/// <summary>
/// Changes accounts: commands on the same thing run one after the other, so that none undoes what another has just done. While
/// one is stuck in the kernel (a home that does not answer) others on that thing are refused; those on other things go on.
/// </summary>
public sealed class AccountsActor : CommandActor
{
    /// <summary>What runs on one thing, and what waits for it; gone when nothing does.</summary>
    private sealed class Lane
    {
        public Queue<Invoke> Waiting { get; } = new();

        public string? StuckIn { get; set; }
    }

    private readonly IGuestAccounts _accounts;
    private readonly Dictionary<string, Lane> _lanes = [];

    private AccountsActor(IGuestAccounts accounts, WorkerPool workers, bool isFrozen)
        : base(workers, isFrozen) => _accounts = accounts;

    public static Props Props(IGuestAccounts accounts, WorkerPool workers, bool isFrozen) =>
        ActorFactory.Props(() => new AccountsActor(accounts, workers, isFrozen));

    protected override void Handle(object message)
    {
        if (message is Invoke { Command: IAccountCommand command } invoke)
            Enter(invoke, command.Subject);
        else
            base.Handle(message);
    }

    protected override void FrozenChanged()
    {
        foreach (var lane in _lanes.Values)
        {
            while (IsFrozen && lane.Waiting.TryDequeue(out var invoke))
                invoke.Fail(CommandFilter.FrozenOut(invoke.Spec), Self);
        }
    }

    private void Enter(Invoke invoke, string subject)
    {
        if (!_lanes.TryGetValue(subject, out var lane))
        {
            _lanes.Add(subject, lane = new Lane());
            lane.Waiting.Enqueue(invoke);
            Next(subject);
        }
        else if (lane.StuckIn is { } stuckIn)
        {
            Refuse(invoke, subject, stuckIn);
        }
        else
        {
            lane.Waiting.Enqueue(invoke);
        }
    }

    private void Next(string subject)
    {
        while (_lanes[subject].Waiting.TryDequeue(out var invoke))
        {
            if (TryStart(invoke, subject))
                return;
        }

        _lanes.Remove(subject);
    }

    /// <returns>False if no worker is to be had, which the client knows then.</returns>
    private bool TryStart(Invoke invoke, string subject)
    {
        var command = (IAccountCommand)invoke.Command;
        return TryRunOnWorker(
            invoke,
            () => command.Execute(_accounts),
            outcome =>
            {
                invoke.Answer(outcome, Self);
                Next(subject);
            },
            late: _ => Next(subject),
            overdue: hasBegun =>
            {
                if (hasBegun)
                    GetStuck(subject, invoke.Spec.Name);
                else
                    Next(subject);
            });
    }

    private void GetStuck(string subject, string command)
    {
        var lane = _lanes[subject];
        lane.StuckIn = command;
        while (lane.Waiting.TryDequeue(out var invoke))
            Refuse(invoke, subject, command);
    }

    private void Refuse(Invoke invoke, string subject, string stuckIn) =>
        invoke.Fail(QmpError.Generic($"{subject} are busy: {stuckIn} has not come back from the kernel"), Self);
}
