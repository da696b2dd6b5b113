using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Qga.Platform.Native;

/// <summary>Serial lines: termios(3), with the constants of <c>asm-generic/termbits.h</c> and glibc's <c>struct termios</c>.</summary>
internal static partial class LibC
{
    private const int NCCS = 32;
    private const int VTIME = 5;
    private const int VMIN = 6;
    private const uint B38400 = 0xF;

    // IGNBRK BRKINT IGNPAR PARMRK INPCK ISTRIP INLCR IGNCR ICRNL (bits 0 to 8), IXON IXANY IXOFF IMAXBEL (bits 10 to 13).
    private const uint InputProcessing = 0x3DFF;
    private const int TCSANOW = 0;
    private const int TCIFLUSH = 0;

    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct Termios
    {
        internal uint InputFlags;
        internal uint OutputFlags;
        internal uint ControlFlags;
        internal uint LocalFlags;
        internal byte Line;
        internal fixed byte ControlCharacters[NCCS];
        internal uint InputSpeed;
        internal uint OutputSpeed;
    }

    /// <summary>Makes a serial line carry bytes as they are, at 38400 baud, and drops what came in before.</summary>
    internal static unsafe Errno MakeRaw(SafeFileHandle line)
    {
        if (tcgetattr(line, out var settings) < 0)
            return LastError;

        settings.InputFlags &= ~InputProcessing;
        settings.OutputFlags = 0;
        settings.LocalFlags = 0;
        settings.ControlFlags |= B38400;
        settings.ControlCharacters[VMIN] = 1;
        settings.ControlCharacters[VTIME] = 0;
        return tcflush(line, TCIFLUSH) < 0 || tcsetattr(line, TCSANOW, in settings) < 0 ? LastError : Errno.Success;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcgetattr(SafeFileHandle fd, out Termios settings);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcsetattr(SafeFileHandle fd, int when, in Termios settings);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcflush(SafeFileHandle fd, int queue);
}
