using Microsoft.Win32.SafeHandles;

namespace Qga.Platform.Native;

/// <summary>Files in memory that nobody can change any more, memfd_create(2).</summary>
internal static partial class LibC
{
    private const int F_SEAL_SEAL = 1;
    private const int F_SEAL_SHRINK = 2;
    private const int F_SEAL_WRITE = 8;

    /// <summary>Sends what is too large for a datagram as such a file, in a message of no byte, as the journal takes it.</summary>
    internal static Errno SendSealed(SafeFileHandle socketHandle, ReadOnlySpan<byte> content)
    {
        using var file = new SafeFileHandle(memfd_create("journal\0"u8, MFD_CLOEXEC | MFD_ALLOW_SEALING), ownsHandle: true);
        if (file.IsInvalid)
            return LastError;
        var errno = WriteAll(file, content);
        if (errno != Errno.Success)
            return errno;
        const int AllSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
        return fcntl(file, F_ADD_SEALS, AllSeals) < 0 ? LastError : Pass(socketHandle, [file], isEmpty: true);
    }
}
