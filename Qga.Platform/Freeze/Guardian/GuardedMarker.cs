using Qga.Platform.Native;
using Qga.Platform.State;
using Qga.Platform.Threads;

namespace Qga.Platform.Freeze.Guardian;

/// <summary>
/// By what a guardian knows that its freeze is over, whatever it did not hear of: the frozen marker. What is frozen after that is somebody
/// else's, and not to be touched.
/// </summary>
/// <param name="marker">Null for a guardian that has none: its freeze is over when it has thawed.</param>
internal sealed class GuardedMarker(FrozenMarker? marker)
{
    /// <summary>Where the marker is may not answer, and the guest must be thawed all the same.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private bool _answersAlways;

    /// <summary>
    /// Whether somebody else has ended the freeze, or there is another one. A marker that could not be made is no sign; one that we have not heard of
    /// is.
    /// </summary>
    internal bool IsOver => marker is not null && Ask(() => marker.Inode is null ? IsThere : marker.IsLost);

    /// <summary>Whether the marker that we have heard of is gone.</summary>
    internal bool IsLost => marker is not null && Ask(() => marker.IsLost);

    /// <summary>Whether there is a marker: that of a later freeze, once this one is over.</summary>
    internal bool IsThere => marker?.IsThere == true;

    /// <summary>The freeze has a marker.</summary>
    /// <returns>False if it is not there.</returns>
    internal bool TryHold(ulong inode)
    {
        if (marker?.TryAdopt(inode) != true)
            return false;
        _answersAlways = LibC.IsInMemory(marker.Path);
        return true;
    }

    /// <summary>Removes the marker.</summary>
    /// <returns>Whether there was one, and we were the first.</returns>
    internal bool TryRemove() => marker is { IsLost: false } && LibC.Unlink(marker.Path) == Errno.Success;

    /// <returns>False if there is no answer in time.</returns>
    private bool Ask(Func<bool> question)
    {
        if (_answersAlways)
            return question();
        var answer = false;
        try
        {
            var asking = OwnThread.Start("marker", () => Volatile.Write(ref answer, question()), stack: 256 * 1024);
            return asking.Join(Patience) && Volatile.Read(ref answer);
        }
        catch (PlatformException)
        {
            return false;
        }
    }
}
