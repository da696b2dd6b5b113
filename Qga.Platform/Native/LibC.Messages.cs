using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Qga.Platform.Native;

/// <summary>Descriptors that are sent to another process, sendmsg(2), and files that are in memory alone, memfd_create(2).</summary>
internal static partial class LibC
{
    internal const int SCM_RIGHTS = 1;

    internal const uint MFD_CLOEXEC = 1;
    internal const uint MFD_ALLOW_SEALING = 2;

    internal const int F_ADD_SEALS = 1033;
    internal const int F_SEAL_SEAL = 1;
    internal const int F_SEAL_SHRINK = 2;
    internal const int F_SEAL_GROW = 4;
    internal const int F_SEAL_WRITE = 8;

    /// <summary><c>struct msghdr</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct MessageHeader
    {
        internal void* Name;
        internal uint NameLength;
        internal void* Pieces;
        internal nuint PieceCount;
        internal void* Control;
        internal nuint ControlLength;
        internal int Flags;
    }

    /// <summary><c>struct cmsghdr</c> with one descriptor behind it, and what fills it up.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct DescriptorMessage
    {
        internal nuint Length;
        internal int Level;
        internal int Type;
        internal int Descriptor;
        private readonly int _padding;

        /// <summary>Without what fills it up, as <c>CMSG_LEN</c> has it.</summary>
        internal const int Used = 20;
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
        return fcntl(file, F_ADD_SEALS, AllSeals) < 0 ? LastError : SendDescriptor(socketHandle, file);
    }

    /// <summary>Sends a descriptor, and nothing beside it.</summary>
    internal static unsafe Errno SendDescriptor(SafeFileHandle socketHandle, SafeFileHandle file)
    {
        var control = new DescriptorMessage
        {
            Length = DescriptorMessage.Used,
            Level = SOL_SOCKET,
            Type = SCM_RIGHTS,
            Descriptor = (int)file.DangerousGetHandle(),
        };
        var message = new MessageHeader { Control = &control, ControlLength = (nuint)sizeof(DescriptorMessage) };
        return sendmsg(socketHandle, &message, 0) < 0 ? LastError : Errno.Success;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int memfd_create(ReadOnlySpan<byte> name, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint sendmsg(SafeFileHandle fd, MessageHeader* message, int flags);
}
