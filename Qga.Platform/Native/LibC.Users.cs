using System.Runtime.InteropServices;
using Qga.Platform.Accounts;
using Qga.Platform.Proc;
using Qga.Platform.Processes;

namespace Qga.Platform.Native;

/// <summary>Users and groups, as the name service of the machine has them: getpwnam_r(3), getpwuid_r(3), getgrouplist(3).</summary>
internal static partial class LibC
{
    private const int LargestPasswordEntry = 1 << 20;

    /// <summary><c>struct passwd</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PasswordEntry
    {
        public nint Name;
        public nint Password;
        public uint UserId;
        public uint GroupId;
        public nint RealName;
        public nint HomeDirectory;
        public nint Shell;
    }

    /// <summary>Finds a user by name; there may be none without an error.</summary>
    internal static unsafe Errno FindUser(string name, out UserAccount? user)
    {
        user = null;
        var bytes = KernelPath.Encode(name);
        for (var size = 1024; ; size *= 2)
        {
            var buffer = new byte[size];
            fixed (byte* text = buffer)
            {
                var errno = getpwnam_r(bytes, out var entry, text, (nuint)size, out var result);
                if (errno == Errno.ERANGE && size < LargestPasswordEntry)
                    continue;
                if (errno != Errno.Success || result == 0)
                    return errno;

                var home = MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)entry.HomeDirectory);
                user = new UserAccount(name, entry.UserId, entry.GroupId, KernelPath.Decode(home))
                {
                    Groups = GroupsOf(bytes, entry.GroupId),
                };
                return Errno.Success;
            }
        }
    }

    /// <summary>Finds what a login of the user would set; there may be no such user without an error.</summary>
    internal static unsafe Errno FindLogin(uint user, out LoginAccount? account)
    {
        account = null;
        for (var size = 1024; ; size *= 2)
        {
            var buffer = new byte[size];
            fixed (byte* text = buffer)
            {
                var errno = getpwuid_r(user, out var entry, text, (nuint)size, out var result);
                if (errno == Errno.ERANGE && size < LargestPasswordEntry)
                    continue;
                if (errno == Errno.Success && result != 0)
                    account = new LoginAccount(TextAt(entry.Name), TextAt(entry.HomeDirectory), TextAt(entry.Shell));
                return errno;
            }
        }
    }

    private static unsafe string TextAt(nint text) => KernelPath.Decode(MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)text));

    private static uint[] GroupsOf(ReadOnlySpan<byte> name, uint group)
    {
        // It says how many there are when they are too many; meanwhile there may be more.
        uint[] groups;
        var count = 64;
        do
            groups = new uint[count];
        while (getgrouplist(name, group, groups, ref count) < 0);
        return groups[..count];
    }

    [LibraryImport("libc")]
    private static unsafe partial Errno getpwnam_r(
        ReadOnlySpan<byte> name, out PasswordEntry entry, byte* buffer, nuint size, out nint result);

    [LibraryImport("libc")]
    private static unsafe partial Errno getpwuid_r(uint user, out PasswordEntry entry, byte* buffer, nuint size, out nint result);

    [LibraryImport("libc")]
    private static partial int getgrouplist(ReadOnlySpan<byte> user, uint group, Span<uint> groups, ref int count);
}
