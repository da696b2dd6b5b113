using Qga.Platform.Native;

namespace Qga.Platform.Streams;

/// <summary>The character devices that a host speaks through.</summary>
public static class SerialPorts
{
    /// <summary>
    /// Opens a virtio port, whose end of file means that no host is attached. In a guest without udev, where nobody makes the link that a
    /// path in <see cref="VirtioPorts.Links"/> is, it is found by its name.
    /// </summary>
    /// <exception cref="PlatformException">The port can't be opened.</exception>
    public static DescriptorStream OpenVirtio(string path)
    {
        var what = $"error opening channel '{path}'";
        var errno = LibC.Open(path, LibC.O_RDWR | LibC.O_NONBLOCK, out var port);
        if (errno == Errno.ENOENT && VirtioPorts.NamedBy(path) is { } device)
        {
            errno = LibC.Open(device, LibC.O_RDWR | LibC.O_NONBLOCK, out port);
            what = errno == Errno.ENOENT
                ? $"{what}: the guest has that port, but {device} is missing (is there a devtmpfs on /dev?)"
                : $"{what}, which is {device}";
        }

        return errno == Errno.Success
            ? new DescriptorStream(port, EndOfFile.HostDetached)
            : throw new SystemCallException(errno, what);
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
