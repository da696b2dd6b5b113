using Qga.Host.Freeze;
using Qga.Platform.Logging;
using Qga.Platform.Systemd;

namespace Qga.Host.Service;

/// <summary>
/// What TERM and INT mean while the guest is frozen. systemd sends the same signal for a stop, after which nobody would be left
/// to thaw the guest, and for a restart, whose next agent takes the freeze over; but it tells which of them it is at. Without its
/// word neither ends the agent, as with qemu-ga.
/// </summary>
/// <param name="rest">Ends the agent.</param>
/// <param name="log">Where the decision is told.</param>
/// <param name="thaw">Thaws the guest.</param>
/// <param name="ignored">Called when the agent goes on.</param>
internal sealed class FrozenStop(AgentRest rest, AgentLog log, Func<Task> thaw, Action ignored)
{
    /// <summary>
    /// systemd sends the next signal, which nobody can ignore, after 90 s as a rule; till then the guest has to be thawed.
    /// </summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(5);

    /// <param name="quit">Ends the agent.</param>
    internal void Decide(Action quit) => _ = DecideAsync(quit);

    private async Task DecideAsync(Action quit)
    {
        switch (await AskAsync())
        {
            case UnitJob.Stop:
                log.Write(LogLevel.Warning, "the service is stopped while the guest is frozen: thawing it");
                await thaw();
                rest.Quit(quit, handsOver: false);
                break;
            case UnitJob.Restart:
                log.Write(LogLevel.Warning, "the service is restarted while the guest is frozen: the next agent takes the freeze over");
                rest.Quit(quit, handsOver: true);
                break;
            default:
                log.Write(LogLevel.Warning, "a signal to end is ignored while the guest is frozen");
                ignored();
                break;
        }
    }

    private async Task<UnitJob> AskAsync()
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
