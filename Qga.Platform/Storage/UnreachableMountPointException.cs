namespace Qga.Platform.Storage;

/// <summary>A filesystem is mounted, but no path leads to it.</summary>
/// <param name="mountPoint">What was to be opened.</param>
/// <param name="reason">What is in the way.</param>
public sealed class UnreachableMountPointException(MountPoint mountPoint, string reason)
    : PlatformException($"failed to open {mountPoint.Path}: {reason}")
{
    public MountPoint MountPoint => mountPoint;

    public string Reason => reason;
}
