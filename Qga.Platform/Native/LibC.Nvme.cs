using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Qga.Platform.Native;

/// <summary>Commands to the controller of an NVMe disk: <c>linux/nvme_ioctl.h</c>.</summary>
internal static partial class LibC
{
    internal const uint NVME_IOCTL_ADMIN_CMD = 0xC0484E41;

    /// <summary>What we use of <c>struct nvme_admin_cmd</c>.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 72)]
    internal struct NvmeCommand
    {
        [FieldOffset(0)] public byte Operation;
        [FieldOffset(4)] public uint Namespace;
        [FieldOffset(24)] public ulong Address;
        [FieldOffset(36)] public uint Length;
        [FieldOffset(40)] public uint Doubleword10;
    }

    /// <summary>Has the controller fill the buffer; EPROTO when it refuses to.</summary>
    internal static unsafe Errno AskNvme(SafeFileHandle disk, byte operation, uint nvmeNamespace, uint doubleword10, Span<byte> buffer)
    {
        fixed (byte* address = buffer)
        {
            var command = new NvmeCommand
            {
                Operation = operation,
                Namespace = nvmeNamespace,
                Address = (ulong)address,
                Length = (uint)buffer.Length,
                Doubleword10 = doubleword10,
            };

            // A status of the controller is a positive number.
            int status;
            do
            {
                status = ioctl(disk, NVME_IOCTL_ADMIN_CMD, &command);
            }
            while (status < 0 && LastError == Errno.EINTR);
            return status < 0 ? LastError : status > 0 ? Errno.EPROTO : Errno.Success;
        }
    }
}
