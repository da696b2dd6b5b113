using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Qga.Platform.Native;

/// <summary>The entries of directories, in the kernel's order: getdents64(2).</summary>
internal static partial class LibC
{
    /// <summary>
    /// Lists the names in a directory, without <c>.</c> and <c>..</c>; bytes that are not UTF-8 as <see cref="KernelPath"/> has them.
    /// </summary>
    /// <remarks>What was read before an error is in the list.</remarks>
    internal static Errno List(string path, out List<string> names)
    {
        names = [];
        var errno = Open(path, O_RDONLY | O_DIRECTORY, out var directory);
        using (directory)
            return errno == Errno.Success ? List(directory, names) : errno;
    }

    [SkipLocalsInit]
    private static unsafe Errno List(SafeFileHandle directory, List<string> names)
    {
        // struct linux_dirent64: inode and offset (8 bytes each), the record's length (2), the type (1), the name up to its NUL.
        const int LengthOffset = 16;
        const int NameOffset = 19;
        var buffer = stackalloc byte[8192];
        while (true)
        {
            var size = syscall(ArchitectureNumbers.Own.SYS_getdents64, directory, buffer, 8192);
            if (size <= 0)
                return size < 0 ? LastError : Errno.Success;

            for (var records = new ReadOnlySpan<byte>(buffer, (int)size); !records.IsEmpty;)
            {
                var length = BinaryPrimitives.ReadUInt16LittleEndian(records[LengthOffset..]);
                var name = records[NameOffset..length];
                name = name[..name.IndexOf((byte)0)];
                if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                    names.Add(KernelPath.Decode(name));
                records = records[length..];
            }
        }
    }

    // By number, as not every C library has a function for it.
    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint syscall(nint number, SafeFileHandle directory, byte* buffer, nuint size);
}
