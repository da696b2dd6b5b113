using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.Storage;

namespace Qga.Platform.Freeze;

/// <summary>How a guardian's watch ends.</summary>
internal enum WatchEnd
{
    /// <summary>The agent has gone before it knew of an armed guardian: nothing is frozen.</summary>
    Unarmed,

    /// <summary>The agent has no more need of the guardian.</summary>
    Dismissed,

    /// <summary>The deadline has passed, and no agent has thawed the guest.</summary>
    Overdue,
}

/// <summary>What a guardian does until it has to thaw: it keeps the deadline, and the agents hear of it. Waiting allocates nothing.</summary>
internal sealed class GuardianWatch
{
    /// <summary>For an agent that is there to thaw the guest by itself.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly GuardedFileSystems _fileSystems;
    private readonly SafeFileHandle _timer;
    private readonly uint _user = LibC.EffectiveUserId();
    private readonly SafeFileHandle? _listener;
    private SafeFileHandle? _agent;
    private TimeSpan? _deadline;
    private bool _outlivesAgent;

    internal GuardianWatch(SafeFileHandle agent, string? address, GuardedFileSystems fileSystems)
    {
        _agent = agent;
        _fileSystems = fileSystems;
        Check(LibC.CreateTimer(out _timer));
        if (address is null)
            return;
        Check(LibC.OpenSocket(LibC.AF_UNIX, out var listener, LibC.SOCK_SEQPACKET));
        if (LibC.Bind(listener, LibC.AbstractAddress(address)) == Errno.Success)
            _listener = listener;
        else
            listener.Dispose();
    }

    /// <summary>Whether an agent that is started later can find us; not if somebody else has our address.</summary>
    internal bool HasAddress => _listener is not null;

    internal bool HasAgent => _agent is not null;

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
            var (timer, agent, listener) = Poll(_timer, _agent, _outlivesAgent ? _listener : null);
            if (agent && HearAgent() is { } end)
                return end;
            if (listener)
                Admit();
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
            Poll(null, _agent, null);
            if (GuardianMessage.Receive(_agent) is null or { Kind: GuardianMessageKind.Dismiss })
                _agent = null;
        }
    }

    private static (bool, bool, bool) Poll(SafeFileHandle? first, SafeFileHandle? second, SafeFileHandle? third)
    {
        Span<LibC.PollDescriptor> descriptors = [Readable(first), Readable(second), Readable(third)];
        Check(LibC.Poll(descriptors, Timeout.Infinite));
        return (descriptors[0].ReturnedEvents != 0, descriptors[1].ReturnedEvents != 0, descriptors[2].ReturnedEvents != 0);

        static LibC.PollDescriptor Readable(SafeFileHandle? file) =>
            new() { Descriptor = (int?)file?.DangerousGetHandle() ?? -1, Events = LibC.POLLIN };
    }

    private static void Check(Errno errno) => PlatformException.ThrowIfFailed(errno, "failed to watch over the freeze");

    private WatchEnd? HearAgent()
    {
        switch (GuardianMessage.Receive(_agent!))
        {
            case { Kind: GuardianMessageKind.Arm, Value: var ticks }:
                Arm(new TimeSpan(ticks));
                return null;
            case { Kind: GuardianMessageKind.Outlive }:
                _outlivesAgent = true;
                return null;
            case { Kind: GuardianMessageKind.Thaw, Value: var device }:
                Tell(new GuardianMessage(_fileSystems.Thaw(DeviceNumber.FromInt64(device)), device));
                return null;
            case { Kind: GuardianMessageKind.Disarm }:
                Disarm();
                return null;
            case { Kind: GuardianMessageKind.Dismiss }:
                // The next guardian needs the address, even if one of our thaws never returns.
                _listener?.Dispose();
                return WatchEnd.Dismissed;
            case null:
                Replace(null);
                return _outlivesAgent ? null : WatchEnd.Unarmed;
            default:
                return null;
        }
    }

    private void Arm(TimeSpan deadline)
    {
        if (_deadline is null && _listener is not null)
            Check(LibC.Listen(_listener, backlog: 8));
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

    /// <summary>Takes an agent for the one to talk to, in place of one that may be ending just now.</summary>
    private void Admit()
    {
        if (LibC.Accept(_listener!, [], out var agent) == Errno.Success
            && LibC.PeerUser(agent, out var user) == Errno.Success
            && user == _user)
        {
            Replace(agent);
            Tell(new GuardianMessage(GuardianMessageKind.Armed, _deadline!.Value.Ticks));
        }
        else
        {
            agent.Dispose();
        }
    }

    private void Replace(SafeFileHandle? agent)
    {
        _agent?.Dispose();
        _agent = agent;
    }
}
