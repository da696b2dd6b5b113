using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.Processes;
using Qga.Platform.State;
using Qga.Platform.Storage;
using Qga.Platform.Streams;

namespace Qga.Platform.Freeze.Guardian;

/// <summary>The agent's end of the socket to its guardian.</summary>
internal sealed class LinuxFreezeGuardian : IFreezeGuardian
{
    /// <summary>On the way into a freeze, which fails after it.</summary>
    private static readonly TimeSpan ArmLimit = TimeSpan.FromSeconds(5);

    /// <summary>On the way out, where the agent does without.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(1);

    private readonly SafeFileHandle _connection;

    /// <summary>Its process id, whose child it may be; 0 if it is not seen from here.</summary>
    private readonly int _process;
    private readonly ConcurrentDictionary<GuardianMessage, TaskCompletionSource<GuardianMessageKind>> _asked = new();
    private TimeSpan? _armed;
    private bool? _isAnswering;
    private volatile Task? _thawing;

    /// <param name="connection">Owned from here on.</param>
    /// <param name="child">The guardian's process id if it is a child of ours, who has to take it from the process table.</param>
    /// <param name="armed">When it will thaw the guest, as a boot time, the largest for never; null if it is not armed.</param>
    /// <param name="lack">What it has to do without.</param>
    /// <param name="whyTogether">Why it is in a control group with its agent; null if it is not.</param>
    internal LinuxFreezeGuardian(SafeFileHandle connection, int? child, TimeSpan? armed, GuardianLack lack, string? whyTogether = null)
    {
        _connection = connection;
        _armed = armed;
        Child = child;
        _process = child ?? (LibC.PeerCredentials(connection, out var peer) == Errno.Success ? peer.Process : 0);
        Warnings = [.. WarningsOf(lack), .. GuardianGroup.WarningsOf(whyTogether)];
        Ended = HearUntilEndAsync(new DescriptorStream(connection, EndOfFile.Final), child);
    }

    /// <summary>Its process id if it is a child of ours.</summary>
    internal int? Child { get; }

    public IReadOnlyList<string> Warnings { get; }

    public TimeSpan? Remaining => _armed is { } deadline && deadline != TimeSpan.MaxValue
        ? TimeSpan.FromTicks(Math.Max(0, (deadline - LibC.BootTime()).Ticks))
        : null;

    public Task<int?> Ended { get; }

    public void Arm(TimeSpan? timeout)
    {
        var deadline = timeout is null ? TimeSpan.MaxValue : LibC.BootTime() + timeout.Value;
        if (Ask(new GuardianMessage(GuardianMessageKind.Arm, deadline.Ticks), ArmLimit) is not null)
        {
            // An agent that was killed before this has frozen nothing, and its successor may not have found a guardian by then.
            Tell(new GuardianMessage(GuardianMessageKind.Outlive));
            _armed = deadline;
        }
        else if (Ended.IsCompleted)
        {
            throw new PlatformException("failed to arm the freeze guardian: it has ended");
        }
        else
        {
            throw new SystemCallException(Errno.ETIMEDOUT, "failed to arm the freeze guardian");
        }
    }

    public void Mark(FrozenMarker marker)
    {
        const string NotShown = "failed to show the frozen marker to the freeze guardian";
        if (marker.Inode is not { } inode)
            return;
        var word = new GuardianMessage(GuardianMessageKind.Marked, (long)inode);
        if (Child is null)
            Tell(word);     // it may be of a version that has no answer
        else if (Ask(word, ArmLimit) is null)
            throw Ended.IsCompleted ? new PlatformException(NotShown) : new SystemCallException(Errno.ETIMEDOUT, NotShown);
    }

    public void EndFreezing() => Tell(new GuardianMessage(GuardianMessageKind.Froze));

    public bool? TryThaw(MountPoint mountPoint)
    {
        // One that hangs must not keep the agent from the thaw.
        _isAnswering ??= _armed is { } deadline && Ask(new GuardianMessage(GuardianMessageKind.Arm, deadline.Ticks), AnswerLimit) is not null;
        if (_isAnswering != true || _thawing is { IsCompleted: false })
            return null;
        var answer = Put(new GuardianMessage(GuardianMessageKind.Thaw, mountPoint.Device.ToInt64()));
        _thawing = answer;

        // One that is in the kernel waits for the device, as we would.
        while (Task.WaitAny([answer, Ended], AnswerLimit) < 0 && _process > 0 && GuardianProcesses.IsInKernel(_process))
        {
        }

        return !answer.IsCompleted ? null : answer.Result switch
        {
            GuardianMessageKind.WasFrozen => true,
            GuardianMessageKind.WasNotFrozen => false,
            _ => null,
        };
    }

    public void Disarm(TimeSpan patience)
    {
        Tell(new GuardianMessage(GuardianMessageKind.Disarm));
        Leave();
        Ended.Wait(patience);
    }

    public int? Dismiss(TimeSpan patience)
    {
        Tell(new GuardianMessage(GuardianMessageKind.Dismiss));
        return Ended.Wait(patience) ? Ended.Result ?? 0 : null;
    }

    /// <summary>Leaves the guardian: one that is not armed ends, any other goes on without us.</summary>
    public void Dispose() => Leave();

    private async Task<int?> HearUntilEndAsync(DescriptorStream stream, int? child)
    {
        int? thawed = null;
        await using (stream)
        {
            var message = new byte[GuardianMessage.Size];
            while (await ReadAsync(stream, message) is { } heard)
            {
                if (heard.Kind == GuardianMessageKind.Thawed)
                {
                    thawed = (int)heard.Value;
                    Leave();
                }
                else
                {
                    var question = heard.Kind switch
                    {
                        GuardianMessageKind.Armed => GuardianMessageKind.Arm,
                        GuardianMessageKind.Marked => GuardianMessageKind.Marked,
                        _ => GuardianMessageKind.Thaw,
                    };
                    if (_asked.TryRemove(heard with { Kind = question }, out var asked))
                        asked.SetResult(heard.Kind);
                }
            }
        }

        if (child is { } process)
            await Children.AwaitExitAsync(process);
        return thawed;
    }

    private static async ValueTask<GuardianMessage?> ReadAsync(DescriptorStream stream, byte[] message)
    {
        try
        {
            return GuardianMessage.Parse(message.AsSpan(0, await stream.ReadAsync(message)));
        }
        catch (PlatformException)
        {
            // The guardian was killed before it had read all that we told it.
            return null;
        }
    }

    /// <summary>The answer; null if there is none in time, or ever.</summary>
    private GuardianMessageKind? Ask(GuardianMessage question, TimeSpan limit)
    {
        var answer = Put(question);
        Task.WaitAny([answer, Ended], limit);
        return answer.IsCompleted ? answer.Result : null;
    }

    private Task<GuardianMessageKind> Put(GuardianMessage question)
    {
        var answer = new TaskCompletionSource<GuardianMessageKind>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked[question] = answer;
        Tell(question);
        return answer.Task;
    }

    private void Tell(GuardianMessage message)
    {
        try
        {
            // An end that is closed is heard of by reading.
            message.Send(_connection);
        }
        catch (ObjectDisposedException)
        {
        }
    }

    private void Leave()
    {
        try
        {
            LibC.EndSending(_connection);
        }
        catch (ObjectDisposedException)
        {
        }
    }

    private static IEnumerable<string> WarningsOf(GuardianLack lack)
    {
        if (lack.HasFlag(GuardianLack.LockedMemory))
            yield return "the freeze guardian can't lock its memory";
        if (lack.HasFlag(GuardianLack.OutOfMemoryProtection))
            yield return "the freeze guardian may be ended when the guest runs out of memory";
        if (lack.HasFlag(GuardianLack.Address))
            yield return "the freeze guardian can't be found by a restarted agent: it can't have its address";
    }
}
