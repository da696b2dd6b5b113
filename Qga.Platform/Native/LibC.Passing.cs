using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Qga.Platform.Native;

/// <summary>Descriptors in the messages of a unix socket: <c>SCM_RIGHTS</c> of unix(7), cmsg(3).</summary>
internal static partial class LibC
{
    /// <summary>As many as the kernel takes in one message, <c>SCM_MAX_FD</c>.</summary>
    internal const int MostPassed = 253;

    private const int SCM_RIGHTS = 1;
    private const int MSG_CTRUNC = 0x8;
    private const int MSG_CMSG_CLOEXEC = 0x40000000;

    /// <summary><c>struct iovec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct IoVector
    {
        internal nint Start;
        internal nuint Length;
    }

    /// <summary><c>struct msghdr</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct MessageHeader
    {
        internal nint Name;
        internal uint NameLength;
        internal nint Vectors;
        internal nuint VectorCount;
        internal nint Control;
        internal nuint ControlLength;
        internal int Flags;
    }

    /// <summary><c>struct cmsghdr</c>; the descriptors follow.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ControlHeader
    {
        internal nuint Length;
        internal int Level;
        internal int Type;
    }

    /// <summary>Sends descriptors in one message.</summary>
    /// <param name="socket">Keeps messages apart.</param>
    /// <param name="files">At least one, at most <see cref="MostPassed"/>.</param>
    /// <param name="content">What else the message has.</param>
    internal static unsafe Errno Pass(SafeFileHandle socket, ReadOnlySpan<SafeFileHandle> files, ReadOnlySpan<byte> content)
    {
        var control = stackalloc byte[ControlSize(files.Length)];
        *(ControlHeader*)control = new ControlHeader { Length = ControlLength(files.Length), Level = SOL_SOCKET, Type = SCM_RIGHTS };
        for (var index = 0; index < files.Length; index++)
            ((int*)(control + sizeof(ControlHeader)))[index] = (int)files[index].DangerousGetHandle();
        fixed (byte* start = content)
        {
            var vector = new IoVector { Start = (nint)start, Length = (nuint)content.Length };
            var message = new MessageHeader
            {
                Vectors = (nint)(&vector),
                VectorCount = 1,
                Control = (nint)control,
                ControlLength = (nuint)ControlSize(files.Length),
            };
            nint sent;
            do
                sent = sendmsg(socket, &message, 0);
            while (sent < 0 && LastError == Errno.EINTR);
            return sent < 0 ? LastError : Errno.Success;
        }
    }

    /// <summary>Takes a message of <see cref="Pass"/> with one byte, which must have come already.</summary>
    /// <param name="socket">A descriptor that no handle stands for.</param>
    /// <param name="numbers">Receives the numbers, close-on-exec; as many as were sent.</param>
    /// <returns>EMFILE if the table has no room for all; then there are none.</returns>
    internal static unsafe Errno Take(int socket, Span<int> numbers)
    {
        byte nothing;
        var control = stackalloc byte[ControlSize(numbers.Length)];
        var vector = new IoVector { Start = (nint)(&nothing), Length = 1 };
        var message = new MessageHeader
        {
            Vectors = (nint)(&vector),
            VectorCount = 1,
            Control = (nint)control,
            ControlLength = (nuint)ControlSize(numbers.Length),
        };
        nint received;
        do
            received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
        while (received < 0 && LastError == Errno.EINTR);
        if (received < 0)
            return LastError;

        var header = (ControlHeader*)control;
        var count = message.ControlLength < (nuint)sizeof(ControlHeader) ? 0 : ((int)header->Length - sizeof(ControlHeader)) / sizeof(int);
        var isWhole = (message.Flags & MSG_CTRUNC) == 0 && count == numbers.Length;
        for (var index = 0; index < count; index++)
        {
            if (isWhole)
                numbers[index] = ((int*)(control + sizeof(ControlHeader)))[index];
            else
                _ = close(((int*)(control + sizeof(ControlHeader)))[index]);
        }

        return isWhole ? Errno.Success : Errno.EMFILE;
    }

    /// <summary><c>CMSG_LEN</c>.</summary>
    private static unsafe nuint ControlLength(int count) => (nuint)(sizeof(ControlHeader) + (count * sizeof(int)));

    /// <summary><c>CMSG_SPACE</c>.</summary>
    private static unsafe int ControlSize(int count) => sizeof(ControlHeader) + (((count * sizeof(int)) + sizeof(nuint) - 1) & -sizeof(nuint));

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint sendmsg(SafeFileHandle socket, MessageHeader* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint recvmsg(int socket, MessageHeader* message, int flags);
}
