using Akka.Actor;
using Qga.Actors.Freeze;
using Qga.Platform.Logging;
using Qga.Platform.Systemd;
using Qga.Transport;
using static Qga.Actors.Freeze.FreezeProtocol;

namespace Qga.Host.Service;

/// <summary>
/// Ends the agent when its freeze actor lets it. A signal to end does not end one whose guest is frozen, as with qemu-ga: nobody would be
/// left to thaw it. But systemd sends the same signal for a stop, after which the guest has to work again, and for a restart, whose next
/// agent takes the freeze over; and it tells which of them it is at.
/// </summary>
/// <param name="view">Is believed while actors hang.</param>
/// <param name="log">Where the decision is told.</param>
/// <param name="status">Where it is told while the log writes nothing.</param>
internal sealed class AgentEnd(FreezeView view, AgentLog log, ServiceStatus status)
{
    /// <summary>
    /// systemd sends the next signal, which nobody can ignore, after 90 s as a rule; till then the guest has to be thawed.
    /// </summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(5);

    /// <summary>How long a client may take to read the last answers.</summary>
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(1);

    /// <summary>A signal may come before there are actors, and waits for them.</summary>
    private readonly TaskCompletionSource<AgentActors> _actors = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _ended = new();

    /// <summary>Cancelled when the agent ends.</summary>
    internal CancellationToken Ended => _ended.Token;

    /// <summary>The actors are there. To be called once.</summary>
    internal void ActBy(AgentActors actors) => _actors.SetResult(actors);

    /// <param name="signal">The number of the signal.</param>
    /// <param name="whileFrozen">What it means for a guest that is frozen.</param>
    internal async Task OnSignalAsync(int signal, WhileFrozen whileFrozen)
    {
        if (await MayEndAsync(whileFrozen) || await DecideAsync() is { } decided && await MayEndAsync(decided))
        {
            log.Write(LogLevel.Debug, $"received signal num {signal}, quitting");
            await DrainAsync();
            await _ended.CancelAsync();
        }
    }

    /// <summary>Nobody can ask for anything any more, the thaw neither: the agent ends, and thaws the guest before if it is frozen.</summary>
    internal async Task OnChannelLostAsync(Exception cause)
    {
        log.Write(LogLevel.Critical, cause.Message);
        try
        {
            _ = await MayEndAsync(WhileFrozen.Thaw);
        }
        finally
        {
            await _ended.CancelAsync();
        }
    }

    private async Task<bool> MayEndAsync(WhileFrozen whileFrozen)
    {
        var answer = AskAsync(new End(whileFrozen));
        while (true)
        {
            try
            {
                return await answer.WaitAsync(AnswerLimit) is MayEnd;
            }
            catch (TimeoutException) when (view.TryEnd())
            {
                // The actor hangs, or there is none yet; nothing is frozen, and nothing will be.
                return true;
            }
            catch (TimeoutException) when (view.Facts is { Frozen: not null, IsChanging: false } && whileFrozen != WhileFrozen.Thaw)
            {
                // The actor hangs while the guest is frozen: to end now is no worse than to be killed.
                return whileFrozen == WhileFrozen.HandOver;
            }
            catch (TimeoutException)
            {
                // A freeze or a thaw is on its way, which may take as long as its hook.
            }
        }
    }

    private async Task<object> AskAsync(End question) => await (await _actors.Task).Agent.Ask<object>(question);

    /// <summary>Waits until what the agent has answered has left: a host that asked for the thaw is to hear of it.</summary>
    private async Task DrainAsync()
    {
        if (!_actors.Task.IsCompletedSuccessfully)
            return;
        try
        {
            _ = await (await _actors.Task).Channel.Ask<TransportProtocol.Drained>(TransportProtocol.Drain.Instance, DrainLimit);
        }
        catch (AskTimeoutException)
        {
            // Nobody reads, and nobody will.
        }
    }

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
                status.OnIgnoredSignal();
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

/// <summary>Whom the end is about.</summary>
/// <param name="Agent">Passes a question on to the freeze actor.</param>
/// <param name="Channel">Knows which answers are yet to leave.</param>
internal sealed record AgentActors(IActorRef Agent, IActorRef Channel);
