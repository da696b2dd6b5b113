using System.Runtime.InteropServices;

namespace Qga.Ctl.Native;

/// <summary>Which file a path leads to.</summary>
internal static partial class LibC
{
    private const uint STATX_INO = 0x100;

    /// <summary>The part of <c>struct statx</c> that tells a file from all others; it has 256 bytes.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal record struct FileIdentity
    {
        [FieldOffset(32)]
        internal ulong Inode;

        [FieldOffset(136)]
        internal uint DeviceMajor;

        [FieldOffset(140)]
        internal uint DeviceMinor;
    }

    /// <summary>The file at the end of all links; null if there is none, or it can't be looked at.</summary>
    internal static FileIdentity? IdentityOf(string path) => IdentityOf(AT_FDCWD, path, 0, STATX_INO, out var identity) == 0 ? identity : null;

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int IdentityOf(int directory, string path, int flags, uint mask, out FileIdentity identity);
}
