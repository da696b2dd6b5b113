using Qga.Platform.Native;

namespace Qga.Platform;

/// <summary>A call of the operating system that failed; the message ends in the C library's text for the errno.</summary>
public sealed class SystemCallException : PlatformException
{
    /// <param name="errno">Why it failed.</param>
    /// <param name="what">What was tried, on what.</param>
    /// <exception cref="ArgumentOutOfRangeException">The errno says that nothing failed.</exception>
    public SystemCallException(Errno errno, string what)
        : base($"{what}: {LibC.TextOf(errno)}")
    {
        ArgumentOutOfRangeException.ThrowIfEqual((int)errno, (int)Errno.Success, nameof(errno));
        Errno = errno;
        IsLasting = IsLastingError(errno);
    }

    public Errno Errno { get; }

    /// <summary>Whether an errno tells of the path or the kind of file that is used, not of what the system is short of.</summary>
    internal static bool IsLastingError(Errno errno) => errno is Errno.EPERM or Errno.ENOENT or Errno.EACCES or Errno.ENOTDIR or Errno.EISDIR
        or Errno.EINVAL or Errno.ENOTTY or Errno.EROFS or Errno.ENAMETOOLONG or Errno.ELOOP;

    /// <exception cref="SystemCallException">The call was no success.</exception>
    internal static void ThrowIfFailed(Errno errno, string what)
    {
        if (errno != Errno.Success)
            throw new SystemCallException(errno, what);
    }
}
