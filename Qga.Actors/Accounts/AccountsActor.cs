using Akka.Actor;
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
    private readonly IGuestAccounts _accounts;

    /// <summary>By what their commands are on; gone when nothing is in them.</summary>
    private readonly Dictionary<string, Lane> _lanes = [];

    private AccountsActor(IGuestAccounts accounts, WorkerPool workers)
        : base(workers) => _accounts = accounts;

    public static Props Props(IGuestAccounts accounts, WorkerPool workers) => ActorFactory.Props(() => new AccountsActor(accounts, workers));

    protected override void Handle(object message)
    {
        switch (message)
        {
            case Invoke { Command: IAccountCommand command } invoke: Enter(invoke, command.Subject); break;
            case Returned { Work: CommandWork work }: base.Handle(message); Leave(SubjectOf(work)); break;
            case Overdue { Work: CommandWork work }: base.Handle(message); OnOverdue(work, SubjectOf(work)); break;
            default: base.Handle(message); break;
        }
    }

    protected override IEnumerable<Invoke> TakeWaiting() => _lanes.Values.SelectMany(lane => lane.TakeWaiting());

    private static string SubjectOf(CommandWork work) => ((IAccountCommand)work.Invoke.Command).Subject;

    private void Enter(Invoke invoke, string subject)
    {
        if (!_lanes.TryGetValue(subject, out var lane))
            _lanes.Add(subject, lane = new Lane());
        if (lane.StuckIn is { } stuckIn)
        {
            RefuseBusy(invoke, subject, stuckIn);
            return;
        }

        lane.Enter(invoke);
        Advance(subject);
    }

    private void Leave(string subject)
    {
        _lanes[subject].Leave();
        Advance(subject);
    }

    private void Advance(string subject)
    {
        var lane = _lanes[subject];
        while (lane.Next() is { } invoke)
        {
            var command = (IAccountCommand)invoke.Command;
            var isRunning = false;
            try
            {
                isRunning = TryRun(invoke, () => command.Execute(_accounts));
            }
            finally
            {
                if (!isRunning)
                    lane.Leave();
            }
        }

        if (lane.IsEmpty)
            _lanes.Remove(subject);
    }

    private void OnOverdue(CommandWork work, string subject)
    {
        if (!work.IsOverdue)
        {
            Leave(subject);
            return;
        }

        var lane = _lanes[subject];
        lane.GetStuck();
        foreach (var invoke in lane.TakeWaiting())
            RefuseBusy(invoke, subject, work.Name);
    }

    private void RefuseBusy(Invoke invoke, string subject, string stuckIn) =>
        invoke.Fail(QmpError.Generic($"{subject} are busy: {stuckIn} has not come back from the kernel"), Self);
}
