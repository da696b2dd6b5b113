using Qga.Platform.Native;

namespace Qga.Platform;

/// <summary>A call of the operating system that failed; the message says what was tried, on what, and the C library's text for the errno.</summary>
public sealed class PlatformException : Exception
{
    public PlatformException(Errno errno, string what)
        : base(errno == Errno.Success ? what : $"{what}: {LibC.TextOf(errno)}") => Errno = errno;

    public Errno Errno { get; }

    /// <exception cref="PlatformException">The call was no success.</exception>
    internal static void ThrowIfFailed(Errno errno, string what)
    {
        if (errno != Errno.Success)
            throw new PlatformException(errno, what);
    }
}
