using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.Processes;

namespace Qga.Platform.Freeze.Guardian;

/// <summary>How a guardian's watch ends.</summary>
internal enum WatchEnd
{
    /// <summary>The agent has gone before it knew of an armed guardian: nothing is frozen.</summary>
    Unarmed,

    /// <summary>The agent has no more need of the guardian.</summary>
    Dismissed,

    /// <summary>The deadline has passed, or the guardian itself is stopped, and no agent has thawed the guest.</summary>
    Overdue,
}

/// <summary>What a guardian does until it has to thaw: it keeps the deadline, and the agents hear of it. Waiting allocates nothing.</summary>
internal sealed class GuardianWatch : IDisposable
{
    /// <summary>For an agent that is there to thaw the guest by itself.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly GuardedFileSystems _fileSystems;
    private readonly GuardedMarker _marker;
    private readonly SafeFileHandle _timer;
    private readonly SafeFileHandle _stops;
    private readonly ProgramIdentity? _trusted;
    private readonly GuardianListener? _listener;
    private SafeFileHandle? _agent;
    private TimeSpan? _deadline;
    private bool _outlivesAgent;

    /// <summary>
    /// Whether its scope is stopped: the guest shuts down, or somebody wants it thawed. An agent that lives hears of that by
    /// itself.
    /// </summary>
    internal bool IsStopped { get; private set; }

    internal GuardianWatch(SafeFileHandle agent, string? address, GuardedFileSystems fileSystems, GuardedMarker marker)
    {
        _agent = agent;
        _fileSystems = fileSystems;
        _marker = marker;

        // Whoever has made the socket has started us.
        _trusted = ProgramIdentity.OfPeer(agent);
        Check(LibC.CreateTimer(out _timer));
        Check(LibC.OpenSignal(GuardianGroup.StopSignal, out _stops));
        if (address is not null)
            _listener = GuardianListener.TryBind(address);
    }

    /// <summary>Whether an agent that is started later can find us; not if somebody else has our address.</summary>
    internal bool HasAddress => _listener is not null;

    internal bool HasAgent => _agent is not null;

    /// <summary>Whether the agent that was there last may have been freezing a filesystem yet.</summary>
    internal bool MayFreezeYet { get; private set; } = true;

    /// <summary>How many processes wanted to be our agent that are none.</summary>
    internal int RefusedProcesses { get; private set; }

    /// <summary>How many messages made no sense.</summary>
    internal int RefusedMessages { get; private set; }

    /// <summary>Gives the address up; the agent hears the end of the process.</summary>
    public void Dispose() => _listener?.Dispose();

    internal void Tell(GuardianMessage message)
    {
        if (_agent is not null)
            message.Send(_agent);
    }

    /// <summary>Waits for the reason to thaw the guest.</summary>
    internal WatchEnd Wait()
    {
        while (true)
        {
            var (timer, agent, listener, stop) = Poll(_timer, _agent, _outlivesAgent ? _listener?.Socket : null, IsStopped ? null : _stops);
            if (agent && HearAgent() is { } end)
                return end;
            IsStopped |= stop;
            if (IsStopped && _agent is null)
                return WatchEnd.Overdue;
            if (listener && !TryAdmit())
                return WatchEnd.Overdue;
            var late = LibC.BootTime() - _deadline;
            if (late >= (_agent is null ? TimeSpan.Zero : Grace))
                return WatchEnd.Overdue;
            if (timer && late >= TimeSpan.Zero)
                Check(LibC.SetTimer(_timer, _deadline!.Value + Grace));
        }
    }

    /// <summary>
    /// Waits until the agent has gone. One that does not answer may be in the kernel's hands, freezing a filesystem; then it is
    /// there until that is done, even if it has been killed.
    /// </summary>
    internal void AwaitNoAgent()
    {
        _listener?.Dispose();
        while (_agent is not null)
        {
            Poll(null, _agent, null, null);
            if (!GuardianMessage.TryReceive(_agent, out var message) || message.Kind == GuardianMessageKind.Dismiss)
                _agent = null;
            else if (message.Kind == GuardianMessageKind.Froze)
                MayFreezeYet = false;
        }
    }

    private static (bool, bool, bool, bool) Poll(SafeFileHandle? first, SafeFileHandle? second, SafeFileHandle? third, SafeFileHandle? fourth)
    {
        Span<LibC.PollDescriptor> descriptors = [Readable(first), Readable(second), Readable(third), Readable(fourth)];
        Check(LibC.Poll(descriptors));
        return (
            descriptors[0].ReturnedEvents != 0, descriptors[1].ReturnedEvents != 0, descriptors[2].ReturnedEvents != 0,
            descriptors[3].ReturnedEvents != 0);

        static LibC.PollDescriptor Readable(SafeFileHandle? file) =>
            new() { Descriptor = (int?)file?.DangerousGetHandle() ?? -1, Events = LibC.POLLIN };
    }

    private static void Check(Errno errno) => SystemCallException.ThrowIfFailed(errno, "failed to watch over the freeze");

    private WatchEnd? HearAgent()
    {
        if (!GuardianMessage.TryReceive(_agent!, out var message))
        {
            Replace(null);
            return _outlivesAgent ? null : WatchEnd.Unarmed;
        }

        switch (message)
        {
            case { Kind: GuardianMessageKind.Arm, Value: var ticks } when IsDeadline(ticks):
                Arm(new TimeSpan(ticks));
                return null;
            case { Kind: GuardianMessageKind.Outlive }:
                _outlivesAgent = true;
                return null;
            case { Kind: GuardianMessageKind.Marked, Value: var inode } when _marker.TryHold((ulong)inode):
                Tell(message);
                return null;
            case { Kind: GuardianMessageKind.Froze }:
                MayFreezeYet = false;
                return null;
            case { Kind: GuardianMessageKind.Thaw, Value: var device }:
                Tell(new GuardianMessage(
                    _marker.IsOver ? GuardianMessageKind.NotThawed : _fileSystems.Thaw(DeviceNumber.FromInt64(device)), device));
                return null;
            case { Kind: GuardianMessageKind.Disarm }:
                Disarm();
                return null;
            case { Kind: GuardianMessageKind.Dismiss }:
                // The next guardian needs the address, even if one of our thaws never returns.
                _listener?.Dispose();
                return WatchEnd.Dismissed;
            default:
                RefusedMessages++;
                return null;
        }
    }

    /// <summary>Whether an agent could mean it: never, or a time in the past, or as long as a host may have the guest frozen.</summary>
    private static bool IsDeadline(long ticks) =>
        ticks == TimeSpan.MaxValue.Ticks || ticks >= 0 && ticks <= (LibC.BootTime() + GuardianSettings.LongestFreeze).Ticks;

    private void Arm(TimeSpan deadline)
    {
        if (_deadline is null && _listener is not null)
            Check(_listener.Listen());
        _deadline = deadline;
        Check(LibC.SetTimer(_timer, deadline == TimeSpan.MaxValue ? TimeSpan.Zero : deadline));
        Tell(new GuardianMessage(GuardianMessageKind.Armed, deadline.Ticks));
    }

    private void Disarm()
    {
        _deadline = null;
        _outlivesAgent = false;
        Check(LibC.SetTimer(_timer, TimeSpan.Zero));
    }

    /// <summary>Takes an agent for the one to talk to, in place of one that may be ending just now; others change nothing.</summary>
    /// <returns>False if the freeze is over, so that nobody takes it over any more.</returns>
    private bool TryAdmit()
    {
        if (LibC.Accept(_listener!.Socket, [], out var agent) == Errno.Success && _trusted?.IsOfPeer(agent) == true)
        {
            if (_marker.IsLost)
            {
                agent.Dispose();
                return false;
            }

            Replace(agent);
            Tell(new GuardianMessage(GuardianMessageKind.Armed, _deadline!.Value.Ticks));
        }
        else
        {
            if (!agent.IsInvalid)
                RefusedProcesses++;
            agent.Dispose();
        }

        return true;
    }

    private void Replace(SafeFileHandle? agent)
    {
        _agent?.Dispose();
        _agent = agent;
    }
}
