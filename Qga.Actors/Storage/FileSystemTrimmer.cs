using Qga.Platform;
using Qga.Platform.Freeze;
using Qga.Platform.Native;
using Qga.Platform.Storage;
using Qga.Platform.Work;

namespace Qga.Actors.Storage;

/// <summary>Trims the guest's filesystems one after the other. One that doesn't answer costs its own result, not the others'.</summary>
public sealed class FileSystemTrimmer(IMountedFileSystems fileSystems, BoundedCalls calls)
{
    private static readonly TimeSpan OpenLimit = TimeSpan.FromSeconds(10);

    // A device may take minutes for what it is told at once; then at least it makes progress.
    private static readonly TimeSpan TrimLimit = TimeSpan.FromMinutes(1);

    /// <summary>Trims every mounted filesystem on a block device, the last mounted first.</summary>
    /// <param name="minimum">The shortest extent that is told to the devices, in bytes.</param>
    /// <exception cref="PlatformException">The mounted filesystems are not known.</exception>
    public IReadOnlyList<TrimmedPath> TrimAll(ulong minimum)
    {
        var mountPoints = fileSystems.MountPoints();
        var names = new MountPointNames(mountPoints);
        return [.. mountPoints.Reverse().Select(mountPoint => Trim(mountPoint, names.Of(mountPoint), minimum))];
    }

    private TrimmedPath Trim(MountPoint mountPoint, string path, ulong minimum)
    {
        IOpenMountPoint open;
        try
        {
            open = calls.Run(OpenLimit, () => fileSystems.Open(mountPoint), late: static open => open.Value?.Dispose());
        }
        catch (UnreachableMountPointException failure)
        {
            return TrimmedPath.Failed(path, $"failed to open: {failure.Reason}");
        }
        catch (SystemCallException failure)
        {
            return TrimmedPath.Failed(path, new SystemCallException(failure.Errno, "failed to open").Message);
        }
        catch (TimeoutException)
        {
            return TrimmedPath.Failed(path, $"failed to open: no answer within {OpenLimit.TotalSeconds:0} s");
        }

        // Closing may hang as well, so the worker that trims closes too, however late.
        try
        {
            return calls.Run(TrimLimit, () => Trim(open, path, minimum), () => fileSystems.WriteProgress(mountPoint));
        }
        catch (PlatformException failure)
        {
            return TrimmedPath.Failed(
                path, failure is SystemCallException { Errno: Errno.ENOTTY or Errno.EOPNOTSUPP } ? "trim not supported" : failure.Message);
        }
        catch (TimeoutException)
        {
            return TrimmedPath.Failed(path, $"failed to trim: no progress within {TrimLimit.TotalSeconds:0} s");
        }
    }

    private static TrimmedPath Trim(IOpenMountPoint open, string path, ulong minimum)
    {
        using (open)
            return TrimmedPath.Of(path, open.Trim(minimum));
    }
}
