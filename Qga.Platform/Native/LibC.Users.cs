using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

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
    internal static unsafe Errno FindUser(string name, out UserEntry? user) => FindUser(
        (out PasswordEntry entry, byte* text, nuint size, out nint result) => getpwnam_r(name, out entry, text, size, out result), out user);

    /// <summary>Finds a user by number; there may be none without an error.</summary>
    internal static unsafe Errno FindUser(uint id, out UserEntry? user) => FindUser(
        (out PasswordEntry entry, byte* text, nuint size, out nint result) => getpwuid_r(id, out entry, text, size, out result), out user);

    /// <summary>All groups that a user is in.</summary>
    /// <param name="name">The user's name.</param>
    /// <param name="group">The group that comes with the user's entry, which is one of them.</param>
    internal static uint[] GroupsOf(string name, uint group)
    {
        // It says how many there are when they are too many; meanwhile there may be more.
        uint[] groups;
        var count = 64;
        do
            groups = new uint[count];
        while (getgrouplist(name, group, groups, ref count) < 0);
        return groups[..count];
    }

    private unsafe delegate Errno Lookup(out PasswordEntry entry, byte* text, nuint size, out nint result);

    private static unsafe Errno FindUser(Lookup look, out UserEntry? user)
    {
        user = null;
        for (var size = 1024; ; size *= 2)
        {
            var buffer = new byte[size];
            fixed (byte* text = buffer)
            {
                var errno = look(out var entry, text, (nuint)size, out var result);
                if (errno == Errno.ERANGE && size < LargestPasswordEntry)
                    continue;
                if (errno == Errno.Success && result != 0)
                    user = new UserEntry(TextAt(entry.Name), entry.UserId, entry.GroupId, TextAt(entry.HomeDirectory), TextAt(entry.Shell));
                return errno;
            }
        }
    }

    private static unsafe string TextAt(nint text) => KernelPath.Decode(MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)text));

    [LibraryImport("libc")]
    private static unsafe partial Errno getpwnam_r(
        [MarshalUsing(typeof(KernelPath.Marshaller))] string name, out PasswordEntry entry, byte* buffer, nuint size, out nint result);

    [LibraryImport("libc")]
    private static unsafe partial Errno getpwuid_r(uint user, out PasswordEntry entry, byte* buffer, nuint size, out nint result);

    [LibraryImport("libc")]
    private static partial int getgrouplist([MarshalUsing(typeof(KernelPath.Marshaller))] string user, uint group, Span<uint> groups, ref int count);
}
