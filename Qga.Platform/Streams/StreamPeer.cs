using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.Streams;

/// <summary>Who is at the other end of a descriptor, in words for an administrator.</summary>
internal static class StreamPeer
{
    internal static string Describe(SafeFileHandle file)
    {
        if (LibC.SocketDomain((int)file.DangerousGetHandle(), out var domain) != Errno.Success)
            return LibC.IsHungUp(file) ? "no host" : "host";
        return domain == LibC.AF_VSOCK ? DescribeVsock(file) : DescribeProcess(file);
    }

    /// <summary>The user or context id; null for what is no socket, or that nobody can tell.</summary>
    internal static string? Identify(SafeFileHandle file)
    {
        if (LibC.SocketDomain((int)file.DangerousGetHandle(), out var domain) != Errno.Success)
            return null;
        if (domain != LibC.AF_VSOCK)
            return LibC.PeerCredentials(file, out var peer) == Errno.Success ? string.Create(CultureInfo.InvariantCulture, $"uid:{peer.User}") : null;
        return CidOf(file) is { } cid ? string.Create(CultureInfo.InvariantCulture, $"cid:{cid}") : null;
    }

    private static string DescribeProcess(SafeFileHandle file)
    {
        if (LibC.PeerCredentials(file, out var peer) != Errno.Success)
            return "unknown";

        // A process of another namespace of processes is known as 0.
        var program = KernelFile.TryRead($"/proc/{peer.Process}/comm");
        return $"process {peer.Process}{(program is null ? "" : $" ({program})")} of user {peer.User}";
    }

    private static string DescribeVsock(SafeFileHandle file) => CidOf(file) is { } cid ? $"vsock cid {cid}" : "unknown";

    private static uint? CidOf(SafeFileHandle file)
    {
        Span<byte> address = stackalloc byte[16];
        address.Clear();
        return LibC.PeerAddress(file, address) == Errno.Success ? LibC.CidOf(address) : null;
    }
}
