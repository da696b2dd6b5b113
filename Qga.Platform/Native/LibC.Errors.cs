using System.Runtime.InteropServices;

namespace Qga.Platform.Native;

/// <summary>Error numbers and their texts.</summary>
internal static partial class LibC
{
    internal static Errno LastError => (Errno)Marshal.GetLastPInvokeError();

    /// <summary>The C library's text for <paramref name="errno"/>, as qemu-ga's answers end in it.</summary>
    internal static string TextOf(Errno errno) => Marshal.GetPInvokeErrorMessage((int)errno);
}
