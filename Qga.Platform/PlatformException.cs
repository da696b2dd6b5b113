using Qga.Platform.Native;

namespace Qga.Platform;

/// <summary>A call of the operating system that failed; the message says what was tried, on what, and the C library's text for the errno.</summary>
public class PlatformException : Exception
{
    public PlatformException(Errno errno, string what)
        : base(errno == Errno.Success ? what : $"{what}: {LibC.TextOf(errno)}")
    {
        Errno = errno;
        IsLasting = IsLastingError(errno);
    }

    public Errno Errno { get; }

    /// <summary>Whether the same call fails again until somebody changes what it was made on; else it may succeed a moment later.</summary>
    public bool IsLasting { get; init; }

    /// <summary>Whether an errno tells of the path or the kind of file that is used, not of what the system is short of.</summary>
    internal static bool IsLastingError(Errno errno) => errno is Errno.EPERM or Errno.ENOENT or Errno.EACCES or Errno.ENOTDIR or Errno.EISDIR
        or Errno.EINVAL or Errno.ENOTTY or Errno.EROFS or Errno.ENAMETOOLONG or Errno.ELOOP;

    /// <exception cref="PlatformException">The call was no success.</exception>
    internal static void ThrowIfFailed(Errno errno, string what)
    {
        if (errno != Errno.Success)
            throw new PlatformException(errno, what);
    }
}
