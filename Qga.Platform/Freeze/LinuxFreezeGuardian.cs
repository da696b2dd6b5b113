using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.Streams;

namespace Qga.Platform.Freeze;

/// <summary>The agent's end of the socket to its guardian.</summary>
internal sealed class LinuxFreezeGuardian : IFreezeGuardian
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(1);

    private readonly SafeFileHandle _connection;
    private readonly SemaphoreSlim _answered = new(0);
    private volatile bool _isArmed;
    private TimeSpan? _deadline;

    /// <param name="connection">Owned from here on.</param>
    /// <param name="child">The guardian's process id if it is a child of ours, who has to take it from the process table.</param>
    /// <param name="deadline">When it will thaw the guest, as a boot time; null if it is not armed, or has no deadline.</param>
    /// <param name="lack">What it has to do without.</param>
    internal LinuxFreezeGuardian(SafeFileHandle connection, int? child, TimeSpan? deadline, GuardianLack lack)
    {
        _connection = connection;
        _deadline = deadline;
        Warnings = [.. WarningsOf(lack)];
        Ended = HearUntilEndAsync(new DescriptorStream(connection, EndOfFile.Final), child);
    }

    public IReadOnlyList<string> Warnings { get; }

    public TimeSpan? Remaining => _deadline is { } deadline
        ? TimeSpan.FromTicks(Math.Max(0, (deadline - LibC.BootTime()).Ticks))
        : null;

    public Task<int?> Ended { get; }

    public void Arm(TimeSpan? timeout)
    {
        var deadline = timeout is null ? TimeSpan.MaxValue : LibC.BootTime() + timeout.Value;
        _isArmed = false;
        Tell(new GuardianMessage(GuardianMessageKind.Arm, deadline.Ticks));
        if (!_answered.Wait(AnswerLimit))
            throw new PlatformException(Errno.ETIMEDOUT, "failed to arm the freeze guardian");
        if (!_isArmed)
            throw new PlatformException(Errno.Success, "failed to arm the freeze guardian: it has ended");
        _deadline = timeout is null ? null : deadline;
    }

    public int? Dismiss(TimeSpan patience)
    {
        Tell(new GuardianMessage(GuardianMessageKind.Dismiss));
        return Ended.Wait(patience) ? Ended.Result ?? 0 : null;
    }

    public void Release(TimeSpan patience)
    {
        Tell(new GuardianMessage(GuardianMessageKind.Disarm));
        Leave();
        Ended.Wait(patience);
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
                else if (heard.Kind == GuardianMessageKind.Armed)
                {
                    _isArmed = true;
                    _answered.Release();
                }
            }
        }

        if (child is { } process)
            await Task.Run(() => LibC.WaitForExit(process, out _));
        _answered.Release();
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
            yield return "the freeze guardian can't be found by a restarted agent: another process has its address";
    }
}
