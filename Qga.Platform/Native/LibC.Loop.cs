using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Qga.Platform.Native;

/// <summary>Loop devices: <c>linux/loop.h</c>, see loop(4).</summary>
internal static partial class LibC
{
    internal const uint LOOP_GET_STATUS64 = 0x4C05;

    /// <summary>What we use of <c>struct loop_info64</c>: the device and the number of the backing file.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 232)]
    internal struct LoopStatus
    {
        [FieldOffset(0)] public ulong Device;
        [FieldOffset(8)] public ulong Inode;

        /// <summary>The major number of <see cref="Device"/>, which is in the order of makedev(3).</summary>
        public readonly uint Major => (uint)((Device >> 8) & 0xFFF);

        public readonly uint Minor => (uint)((Device & 0xFF) | ((Device >> 12) & 0xFFF00));
    }

    /// <summary>What a loop device stands on; ENXIO when it is not in use.</summary>
    internal static unsafe Errno GetLoopStatus(SafeFileHandle device, out LoopStatus status)
    {
        fixed (LoopStatus* argument = &status)
            return Control(device, LOOP_GET_STATUS64, argument);
    }
}
