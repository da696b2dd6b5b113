using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Qga.Platform.Native;

/// <summary>Files that are in memory alone, memfd_create(2).</summary>
internal static partial class LibC
{
    internal const uint MFD_CLOEXEC = 1;
    internal const uint MFD_ALLOW_SEALING = 2;

    internal const int F_ADD_SEALS = 1033;
    internal const int F_SEAL_SEAL = 1;
    internal const int F_SEAL_SHRINK = 2;
    internal const int F_SEAL_GROW = 4;
    internal const int F_SEAL_WRITE = 8;

    /// <summary>
    /// Opens what has nothing to read and takes what is written to it: /dev/null. Where the guest has none it is an empty file in memory, for which
    /// a write is an error: a program that prints would else be ended by a signal, or fill the memory.
    /// </summary>
    internal static Errno OpenNothing(out SafeFileHandle nothing)
    {
        var descriptor = NumberOfNothing();
        nothing = new SafeFileHandle(descriptor, ownsHandle: true);
        return descriptor < 0 ? LastError : Errno.Success;
    }

    /// <summary>The same under the first number that is free, which no handle stands for; negative on an error.</summary>
    private static int NumberOfNothing()
    {
        var descriptor = open("/dev/null", O_RDWR | O_CLOEXEC, UnixFileMode.None);
        if (descriptor >= 0 || LastError is not (Errno.ENOENT or Errno.ENOTDIR or Errno.ENXIO or Errno.EACCES))
            return descriptor;
        descriptor = memfd_create("nothing\0"u8, MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (descriptor >= 0)
            _ = fcntl(descriptor, F_ADD_SEALS, F_SEAL_GROW);
        return descriptor;
    }

    /// <summary>Sends what is too large for a datagram as a file in memory that nobody can change any more, as the journal takes it.</summary>
    internal static Errno SendSealed(SafeFileHandle socketHandle, ReadOnlySpan<byte> content)
    {
        using var file = new SafeFileHandle(memfd_create("journal\0"u8, MFD_CLOEXEC | MFD_ALLOW_SEALING), ownsHandle: true);
        if (file.IsInvalid)
            return LastError;
        var errno = WriteAll(file, content);
        if (errno != Errno.Success)
            return errno;
        const int AllSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
        return fcntl(file, F_ADD_SEALS, AllSeals) < 0 ? LastError : Pass(socketHandle, [file], []);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int memfd_create(ReadOnlySpan<byte> name, uint flags);
}
