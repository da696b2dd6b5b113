using Qga.Actors.Freeze;
using Qga.Platform;
using Qga.Platform.Logging;
using Qga.Platform.OwnProcess;

namespace Qga.Host.Freeze;

/// <summary>
/// The agent's own part of a freeze: the log writes nothing, the pid file waits, a crash leaves no core, and TERM and INT end no
/// frozen agent, as no frozen qemu-ga: nobody would be left to thaw the guest. A hand-over does: the guardian and the next agent
/// are. What a service manager means by TERM is for <see cref="Refused"/> to find out.
/// </summary>
internal sealed class AgentRest : IAgentRest, IDisposable
{
    // stderr may be a file on a frozen filesystem, which takes nothing before the thaw.
    private static readonly TimeSpan FrozenStartLimit = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly AgentLog _log;
    private readonly string? _pidPath;
    private PidFile? _pidFile;
    private State _state;
    private Action? _quit;
    private bool _quitsFrozen;
    private bool _isHeld;
    private volatile FrozenSpan? _frozen;

    /// <param name="log">The log, which is held at once if the agent starts frozen.</param>
    /// <param name="pidPath">Where a daemon's pid file goes; null for an agent that writes none.</param>
    /// <param name="isFrozen">Whether the agent starts frozen.</param>
    /// <exception cref="PlatformException">The pid file can't be written; after a frozen start that is only a warning.</exception>
    internal AgentRest(AgentLog log, string? pidPath, bool isFrozen)
    {
        _log = log;
        _pidPath = pidPath;
        if (isFrozen)
        {
            _state = State.Between;
            _isHeld = true;
            CoreDumps.Forbid();
            log.Hold(FrozenStartLimit);
        }
        else if (pidPath is not null)
        {
            _pidFile = PidFile.Create(pidPath);
        }
    }

    /// <summary>Called whenever the guest has been frozen or thawed.</summary>
    internal Action Changed { private get; set; } = static () => { };

    /// <summary>Called when the agent was told to end, and does not as the guest is frozen; with what ends it.</summary>
    internal Action<Action> Refused { private get; set; } = static _ => { };

    /// <summary>Null while the guest is thawed, or not known to be frozen yet.</summary>
    internal FrozenSpan? Frozen => _frozen;

    /// <summary>Whether the guest is on its way into a freeze or out of one.</summary>
    internal bool IsChanging
    {
        get
        {
            lock (_gate)
                return _state == State.Between;
        }
    }

    private enum State
    {
        Thawed,
        Frozen,

        /// <summary>From one to the other, and at the start until a freeze has been taken over.</summary>
        Between,

        /// <summary>The end has been decided on.</summary>
        Ending,
    }

    public bool Begin()
    {
        lock (_gate)
        {
            if (_state == State.Ending)
                return false;
            _state = State.Between;
            return true;
        }
    }

    public void End(FrozenSpan? frozen)
    {
        Action? asked;
        bool quits;
        lock (_gate)
        {
            _frozen = frozen;
            asked = _quit;
            quits = asked is not null && (frozen is null || _quitsFrozen);
            (_quit, _quitsFrozen) = (null, false);
            if (_state != State.Ending)
                _state = quits ? State.Ending : frozen is null ? State.Thawed : State.Frozen;
        }

        Changed();
        if (asked is null)
            return;
        if (quits)
            asked();
        else
            Refused(asked);
    }

    /// <summary>Ends the agent: now, or once a freeze or thaw that is on its way is over; while frozen only to hand the freeze over.</summary>
    internal void Quit(Action quit, bool handsOver)
    {
        bool quits;
        lock (_gate)
        {
            if (_state == State.Between)
            {
                _quit = quit;
                _quitsFrozen |= handsOver;
                return;
            }

            if (_state == State.Ending)
                return;
            quits = _state != State.Frozen || handsOver;
            if (quits)
                _state = State.Ending;
        }

        if (quits)
            quit();
        else
            Refused(quit);
    }

    public bool Hold(TimeSpan limit)
    {
        _log.Write(LogLevel.Warning, "disabling logging due to filesystem freeze");
        _isHeld = true;
        CoreDumps.Forbid();
        return _log.Hold(limit);
    }

    public void Release()
    {
        if (!_isHeld)
            return;
        _isHeld = false;
        CoreDumps.Allow();
        _log.Release();
        _log.Write(LogLevel.Warning, "logging re-enabled due to filesystem unfreeze");
        if (_pidPath is null || _pidFile is not null)
            return;
        try
        {
            _pidFile = PidFile.Create(_pidPath);
        }
        catch (PlatformException failure)
        {
            _log.Write(LogLevel.Warning, failure.Message);
            _log.Write(LogLevel.Warning, "failed to create/lock pid file");
        }
    }

    public void Dispose() => _pidFile?.Dispose();
}
