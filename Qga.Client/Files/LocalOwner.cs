using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Qga.Client;

/// <summary>Who a file of the host belongs to, for which .NET has no word.</summary>
internal static partial class LocalOwner
{
    internal const int AT_EMPTY_PATH = 0x1000;
    internal const uint STATX_UID = 0x8;
    internal const uint STATX_GID = 0x10;

    /// <summary>The part of <c>struct statx</c> that is looked at; it has 256 bytes.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct Status
    {
        [FieldOffset(20)]
        internal uint User;

        [FieldOffset(24)]
        internal uint Group;
    }

    /// <summary>The numbers of the user and the group, as <c>USER:GROUP</c>.</summary>
    internal static string Of(SafeFileHandle file) => statx(file, "", AT_EMPTY_PATH, STATX_UID | STATX_GID, out var status) == 0
        ? $"{status.User}:{status.Group}"
        : throw Failure("the owner can't be told");

    internal static void Set(SafeFileHandle file, uint user, uint group)
    {
        if (fchown(file, user, group) != 0)
            throw Failure($"the owner can't be set to {user}:{group}");
    }

    private static IOException Failure(string what)
    {
        var failure = new Win32Exception(Marshal.GetLastPInvokeError());
        return new IOException($"{what}: {failure.Message}", failure);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(SafeFileHandle directory, string path, int flags, uint mask, out Status status);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchown(SafeFileHandle file, uint user, uint group);
}
