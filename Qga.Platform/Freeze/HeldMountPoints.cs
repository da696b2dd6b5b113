using Qga.Platform.Logging;
using Qga.Platform.Storage;
using Qga.Platform.Work;

namespace Qga.Platform.Freeze;

/// <summary>
/// The mount points that are held open from before the freeze until the thaw, so that nothing which happens to their paths
/// meanwhile keeps them frozen.
/// </summary>
internal sealed class HeldMountPoints(FreezePlatform platform, BoundedCalls calls)
{
    private readonly MountPointCalls _calls = new(calls);
    private readonly List<IOpenMountPoint> _held = [];

    /// <summary>In the order of opening, which is that of freezing.</summary>
    internal IReadOnlyList<IOpenMountPoint> All => _held;

    /// <exception cref="FreezeException">It does not answer.</exception>
    /// <exception cref="PlatformException">It can't be opened.</exception>
    internal void Open(MountPoint mountPoint, TimeSpan limit) => _held.Add(_calls.Run(
        mountPoint, "open", limit, () => platform.FileSystems.Open(mountPoint), late: open => open.Value?.Dispose()));

    /// <exception cref="FreezeException">A call on it is stuck still.</exception>
    internal void CheckAnswering(MountPoint mountPoint, string action)
    {
        if (_calls.WhyStuck(mountPoint) is { } reason)
            throw new FreezeException($"failed to {action} {mountPoint.Path}: {reason}");
    }

    /// <summary>
    /// Freezes a filesystem. If the kernel freezes it after that was given up, it is thawed at once, by a guardian if the agent has ended.
    /// </summary>
    /// <exception cref="FreezeException">It does not answer, and its device does not write either.</exception>
    /// <exception cref="PlatformException">It should have been frozen but was not.</exception>
    internal FreezeResult Freeze(IOpenMountPoint open)
    {
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            return _calls.Run(
                open.MountPoint,
                "freeze",
                FreezeSteps.FreezeLimit,
                open.TryFreeze,
                late: outcome =>
                {
                    if (outcome.Value == FreezeResult.Frozen)
                        open.TryThaw();
                    end.SetResult();
                },
                progress: () => platform.FileSystems.WriteProgress(open.MountPoint));
        }
        catch (FreezeException)
        {
            _held.Remove(open);
            GuardLateFreeze(open, end.Task);
            throw;
        }
    }

    /// <summary>Thaws a filesystem, whether it is held or not: by the guardian, or if that can't, by ourselves.</summary>
    /// <returns>False if it was not frozen, or can't be opened: then it is not ours to thaw.</returns>
    /// <exception cref="FreezeException">It does not answer.</exception>
    internal bool Thaw(MountPoint mountPoint, IFreezeGuardian? guardian)
    {
        CheckAnswering(mountPoint, "thaw");
        if (_held.Find(open => open.MountPoint.Device == mountPoint.Device) is { } held)
            return Thaw(held, guardian);
        try
        {
            return _calls.Run(mountPoint, "thaw", FreezeSteps.ThawLimit, () =>
            {
                if (guardian?.TryThaw(mountPoint) is { } wasFrozen)
                    return wasFrozen;
                using var open = platform.FileSystems.Open(mountPoint);
                return open.TryThaw();
            });
        }
        catch (PlatformException)
        {
            return false;
        }
    }

    internal void LetGo()
    {
        _held.ForEach(open => open.Dispose());
        _held.Clear();
    }

    /// <summary>A thaw that doesn't come back keeps what we hold.</summary>
    private bool Thaw(IOpenMountPoint held, IFreezeGuardian? guardian)
    {
        try
        {
            return _calls.Run(
                held.MountPoint,
                "thaw",
                FreezeSteps.ThawLimit,
                () => guardian?.TryThaw(held.MountPoint) ?? held.TryThaw(),
                late: _ => held.Dispose());
        }
        catch (FreezeException)
        {
            _held.Remove(held);
            throw;
        }
    }

    /// <param name="open">Closed when both have ended, the freeze and the guardian's start, which needs it open.</param>
    /// <param name="end">The freeze has come, and was thawed.</param>
    private void GuardLateFreeze(IOpenMountPoint open, Task end)
    {
        var start = new TaskCompletionSource<IFreezeGuardian?>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task.WhenAll(end, start.Task).ContinueWith(
            _ =>
            {
                start.Task.Result?.Dispose();
                open.Dispose();
            },
            TaskScheduler.Default);
        try
        {
            start.SetResult(calls.Run(
                FreezeSteps.ThawLimit,
                () => platform.Guardians.StartForLateFreeze(open),
                late: guardian => start.SetResult(guardian.Value)));
        }
        catch (Exception failure) when (failure is PlatformException or TimeoutException)
        {
            if (failure is PlatformException)
                start.SetResult(null);
            platform.Log.Write(LogLevel.Critical, $"if the agent ends now, {open.MountPoint.Path} may stay frozen: {failure.Message}");
        }
    }
}
