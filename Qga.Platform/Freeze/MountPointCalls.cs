using System.Collections.Concurrent;
using Qga.Platform.Native;
using Qga.Platform.Storage;
using Qga.Platform.Work;

namespace Qga.Platform.Freeze;

/// <summary>
/// Bounded calls on mount points. One that doesn't come back is remembered until it does, so that no second one joins it in
/// the kernel.
/// </summary>
internal sealed class MountPointCalls(BoundedCalls calls)
{
    private readonly ConcurrentDictionary<DeviceNumber, string> _unanswered = new();

    /// <summary>Why a call on that mount point would get stuck; null if none is stuck there now.</summary>
    internal string? WhyStuck(MountPoint mountPoint) =>
        _unanswered.TryGetValue(mountPoint.Device, out var action) ? $"an earlier {action} has not come back yet" : null;

    /// <summary>Makes a call.</summary>
    /// <param name="mountPoint">What it is about.</param>
    /// <param name="action">What it does, for messages.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="call">What may get stuck.</param>
    /// <param name="late">Ends what the call held, if it comes back after its limit.</param>
    /// <param name="progress">If this number has changed within the limit, the call may take as long again.</param>
    /// <exception cref="FreezeException">The limit has passed.</exception>
    internal T Run<T>(
        MountPoint mountPoint, string action, TimeSpan limit, Func<T> call, Action<Outcome<T>>? late = null, Func<long?>? progress = null)
    {
        _unanswered[mountPoint.Device] = action;
        var isUnanswered = false;
        try
        {
            return calls.Run(
                limit,
                call,
                progress,
                outcome =>
                {
                    late?.Invoke(outcome);
                    _unanswered.TryRemove(mountPoint.Device, out _);
                });
        }
        catch (TimeoutException stuck)
        {
            isUnanswered = true;
            throw new FreezeException($"failed to {action} {mountPoint.Path}: {stuck.Message}");
        }
        finally
        {
            if (!isUnanswered)
                _unanswered.TryRemove(mountPoint.Device, out _);
        }
    }
}
