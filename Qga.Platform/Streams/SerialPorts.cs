using Qga.Platform.Native;

namespace Qga.Platform.Streams;

/// <summary>The character devices that a host speaks through.</summary>
public static class SerialPorts
{
    /// <summary>Opens a virtio port, whose end of file means that no host is attached.</summary>
    /// <exception cref="PlatformException">The port can't be opened.</exception>
    public static DescriptorStream OpenVirtio(string path)
    {
        var errno = LibC.Open(path, LibC.O_RDWR | LibC.O_NONBLOCK, out var port);
        return errno == Errno.Success
            ? new DescriptorStream(port, EndOfFile.HostDetached)
            : throw new SystemCallException(errno, $"error opening channel '{path}'");
    }

    /// <summary>Opens a serial line and makes it raw, see termios(3).</summary>
    /// <exception cref="PlatformException">The line can't be opened, or not made raw.</exception>
    public static DescriptorStream OpenIsa(string path)
    {
        var errno = LibC.Open(path, LibC.O_RDWR | LibC.O_NOCTTY | LibC.O_NONBLOCK, out var line);

        // What is no terminal (a FIFO in someone's test) carries bytes as they are already.
        if (errno == Errno.Success && LibC.MakeRaw(line) is not (Errno.Success or Errno.ENOTTY) and var failure)
        {
            line.Dispose();
            errno = failure;
        }

        return errno == Errno.Success
            ? new DescriptorStream(line, EndOfFile.Final)
            : throw new SystemCallException(errno, $"error opening channel '{path}'");
    }
}
