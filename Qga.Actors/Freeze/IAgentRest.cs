namespace Qga.Actors.Freeze;

/// <summary>What the agent's own process does around a freeze: its log, its pid file, the signals that would end it.</summary>
public interface IAgentRest
{
    /// <summary>A freeze or a thaw begins: a signal that would end the agent waits for its outcome.</summary>
    /// <returns>False if the agent is ending: then nothing may be frozen any more.</returns>
    bool Begin();

    /// <summary>Writes nothing more to log and syslog: what they would tell is kept in memory.</summary>
    /// <param name="limit">How long to wait for what is being written.</param>
    /// <returns>False if it is still being written then.</returns>
    bool Hold(TimeSpan limit);

    /// <summary>Writes what was kept, and the files that a start while frozen has put off. Does nothing if nothing was held.</summary>
    void Release();

    /// <summary>The freeze or thaw is over: a signal that waited takes effect, or is forgotten if the guest is frozen.</summary>
    /// <param name="frozen">Null if the guest is thawed.</param>
    void End(FrozenSpan? frozen);
}

/// <summary>Since when the guest is frozen, and when it is thawed at the latest.</summary>
/// <param name="Since">When the freeze began.</param>
/// <param name="Until">Null for as long as nobody thaws it.</param>
public sealed record FrozenSpan(DateTimeOffset Since, DateTimeOffset? Until);
