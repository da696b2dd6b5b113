using System.Runtime.InteropServices;

namespace Qga.Platform.Native;

/// <summary>As whom the calling thread, and no other, accesses files: setfsuid(2), capabilities(7).</summary>
internal static partial class LibC
{
    internal const uint _LINUX_CAPABILITY_VERSION_3 = 0x20080522;

    /// <summary>Sets the supplementary groups of the calling thread; the function of the C library would change all threads (nptl(7)).</summary>
    internal static Errno SetThreadGroups(ReadOnlySpan<uint> groups) =>
        syscall(ArchitectureNumbers.Own.SYS_setgroups, groups.Length, groups) < 0 ? LastError : Errno.Success;

    /// <summary>Sets the user and group that the calling thread accesses files as.</summary>
    /// <remarks>The calls tell no error but what was set before, so they are asked again, with what is never valid.</remarks>
    internal static Errno SetThreadFileIdentity(uint user, uint group)
    {
        _ = setfsgid(group);
        _ = setfsuid(user);
        return setfsgid(uint.MaxValue) == group && setfsuid(uint.MaxValue) == user ? Errno.Success : Errno.EPERM;
    }

    /// <summary>Gives up all capabilities of the calling thread for good.</summary>
    internal static Errno DropThreadCapabilities()
    {
        // struct __user_cap_header_struct: version, thread (0 is the caller); then twice the effective, permitted and inheritable.
        ReadOnlySpan<uint> header = [_LINUX_CAPABILITY_VERSION_3, 0];
        ReadOnlySpan<uint> none = [0, 0, 0, 0, 0, 0];
        return capset(header, none) < 0 ? LastError : Errno.Success;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint count, ReadOnlySpan<uint> groups);

    [LibraryImport("libc")]
    private static partial uint setfsgid(uint group);

    [LibraryImport("libc")]
    private static partial uint setfsuid(uint user);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int capset(ReadOnlySpan<uint> header, ReadOnlySpan<uint> data);
}
