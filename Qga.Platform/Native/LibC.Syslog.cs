using System.Runtime.InteropServices;

namespace Qga.Platform.Native;

/// <summary>The system's log, syslog(3), with the constants of <c>sys/syslog.h</c>.</summary>
internal static partial class LibC
{
    internal const int LOG_USER = 1 << 3;
    internal const int LOG_INFO = 6;

    /// <param name="identity">Must stay allocated for good: the C library keeps the pointer.</param>
    internal static void OpenSyslog(nint identity) => openlog(identity, 0, LOG_USER);

    internal static void Syslog(string text) => syslog(LOG_INFO, "%s", text);

    [LibraryImport("libc")]
    private static partial void openlog(nint identity, int options, int facility);

    // syslog is variadic, which for arguments that are no floating-point numbers is called like any other function.
    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial void syslog(int priority, string format, string text);
}
