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

    private static string DescribeProcess(SafeFileHandle file)
    {
        if (LibC.PeerCredentials(file, out var peer) != Errno.Success)
            return "unknown";

        // A process of another namespace of processes is known as 0.
        var program = KernelFile.TryRead($"/proc/{peer.Process}/comm");
        return $"process {peer.Process}{(program is null ? "" : $" ({program})")} of user {peer.User}";
    }

    private static string DescribeVsock(SafeFileHandle file)
    {
        Span<byte> address = stackalloc byte[16];
        address.Clear();
        return LibC.PeerAddress(file, address) == Errno.Success ? $"vsock cid {LibC.CidOf(address)}" : "unknown";
    }
}
