using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Qga.Ctl.Native;

/// <summary>What the tool needs of the C library, and .NET has no word for.</summary>
internal static partial class LibC
{
    internal const int EINTR = 4;
    internal const int EAGAIN = 11;
    internal const int EPIPE = 32;
    internal const short POLLOUT = 4;
    internal const int SIG_BLOCK = 0;
    internal const int SIG_UNBLOCK = 1;
    internal const int SIGINT = 2;
    internal const int SIGQUIT = 3;

    /// <summary><c>sigset_t</c>: a bit for each signal from 1.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    internal struct SignalSet
    {
        [FieldOffset(0)]
        internal ulong First;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct PollDescriptor
    {
        internal int Descriptor;
        internal short Events;
        internal short Returned;
    }

    /// <summary>Writes all of it, however long that takes.</summary>
    /// <returns>0, or an errno.</returns>
    internal static int WriteAll(SafeFileHandle file, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var count = write(file, bytes, (nuint)bytes.Length);
            if (count >= 0)
            {
                bytes = bytes[(int)count..];
                continue;
            }

            var errno = Marshal.GetLastPInvokeError();
            if (errno == EAGAIN)
            {
                var waited = new PollDescriptor { Descriptor = (int)file.DangerousGetHandle(), Events = POLLOUT };
                _ = poll(ref waited, 1, -1);
            }
            else if (errno != EINTR)
            {
                return errno;
            }
        }

        return 0;
    }

    /// <summary>Blocks or unblocks signals for the calling thread, and the threads and programs that it starts.</summary>
    internal static void MaskSignals(int how, ulong signals)
    {
        var set = new SignalSet { First = signals };
        var errno = pthread_sigmask(how, in set, 0);
        if (errno != 0)
            throw new Win32Exception(errno);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(SafeFileHandle file, ReadOnlySpan<byte> bytes, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(ref PollDescriptor descriptors, nuint count, int milliseconds);

    [LibraryImport("libc")]
    private static partial int pthread_sigmask(int how, in SignalSet set, nint old);
}
