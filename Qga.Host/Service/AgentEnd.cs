using Akka.Actor;
using Qga.Actors.Freeze;
using Qga.Platform.Logging;
using Qga.Platform.Systemd;
using static Qga.Actors.Freeze.FreezeProtocol;

namespace Qga.Host.Service;

/// <summary>
/// Ends the agent when its freeze actor lets it. A signal to end does not end one whose guest is frozen, as with qemu-ga: nobody would be
/// left to thaw it. But systemd sends the same signal for a stop, after which the guest has to work again, and for a restart, whose next
/// agent takes the freeze over; and it tells which of them it is at.
/// </summary>
/// <param name="agent">Passes the question on to the freeze actor; completes when there is one.</param>
/// <param name="view">Is believed while actors hang.</param>
/// <param name="log">Where the decision is told.</param>
/// <param name="stop">Ends the agent.</param>
/// <param name="ignored">Called when the agent goes on.</param>
internal sealed class AgentEnd(Task<IActorRef> agent, FreezeView view, AgentLog log, Func<Task> stop, Action ignored)
{
    /// <summary>
    /// systemd sends the next signal, which nobody can ignore, after 90 s as a rule; till then the guest has to be thawed.
    /// </summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(5);

    /// <param name="signal">The number of the signal.</param>
    /// <param name="whileFrozen">What it means for a guest that is frozen.</param>
    internal async Task OnSignalAsync(int signal, WhileFrozen whileFrozen)
    {
        if (await MayEndAsync(whileFrozen) || await DecideAsync() is { } decided && await MayEndAsync(decided))
        {
            log.Write(LogLevel.Debug, $"received signal num {signal}, quitting");
            await stop();
        }
    }

    /// <summary>Thaws the guest if it is frozen, with all that belongs to that, and freezes it no more.</summary>
    internal Task ThawAsync() => MayEndAsync(WhileFrozen.Thaw);

    private async Task<bool> MayEndAsync(WhileFrozen whileFrozen)
    {
        var answer = AskAsync(new End(whileFrozen));
        while (true)
        {
            try
            {
                return await answer.WaitAsync(AnswerLimit) is MayEnd;
            }
            catch (TimeoutException) when (view.Facts.IsThawed)
            {
                // The actor hangs, or there is none yet; nothing is frozen, and nothing is on its way to be.
                return true;
            }
            catch (TimeoutException)
            {
                // A freeze or a thaw is on its way, which may take as long as its hook.
            }
        }
    }

    private async Task<object> AskAsync(End question) => await (await agent).Ask<object>(question);

    /// <summary>What becomes of the frozen guest by systemd's word; null if it has none, and the agent goes on.</summary>
    private async Task<WhileFrozen?> DecideAsync()
    {
        switch (await JobAsync())
        {
            case UnitJob.Stop:
                log.Write(LogLevel.Warning, "the service is stopped while the guest is frozen: thawing it");
                return WhileFrozen.Thaw;
            case UnitJob.Restart:
                log.Write(LogLevel.Warning, "the service is restarted while the guest is frozen: the next agent takes the freeze over");
                return WhileFrozen.HandOver;
            default:
                log.Write(LogLevel.Warning, "a signal to end is ignored while the guest is frozen");
                ignored();
                return null;
        }
    }

    private async Task<UnitJob> JobAsync()
    {
        if (!SystemdManager.IsThere)
            return UnitJob.None;
        try
        {
            return await SystemdManager.UseAsync(AnswerLimit, static systemd => systemd.JobOfAsync(Environment.ProcessId));
        }
        catch (SystemdException failure)
        {
            log.Write(LogLevel.Warning, failure.Message);
            return UnitJob.None;
        }
    }
}
