using System.Runtime.InteropServices;

namespace Qga.Platform.Native;

/// <summary>Points in time as dates and times of day, and the local time zone: ctime(3), tzset(3).</summary>
internal static partial class LibC
{
    /// <summary><c>struct tm</c>; years count from 1900, months from 0.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct CalendarTime
    {
        internal int Second;
        internal int Minute;
        internal int Hour;
        internal int Day;
        internal int Month;
        internal int Year;
        internal int DayOfWeek;
        internal int DayOfYear;
        internal int IsDaylightSaving;
        internal long Offset;
        internal nint Zone;

        /// <summary>The abbreviation of its zone. The C library keeps those that it has given out once, even if the zone changes.</summary>
        internal readonly string? ZoneName => Marshal.PtrToStringUTF8(Zone);
    }

    /// <summary>Seconds since 1970 as local time; EOVERFLOW for a year that is no 32-bit number.</summary>
    internal static Errno LocalTime(long seconds, out CalendarTime time)
    {
        tzset();        // localtime_r need not look whether TZ or /etc/localtime have changed
        return localtime_r(in seconds, out time) == 0 ? LastError : Errno.Success;
    }

    /// <summary>Seconds since 1970 as a time in UTC; EOVERFLOW for a year that is no 32-bit number.</summary>
    internal static Errno UniversalTime(long seconds, out CalendarTime time) =>
        gmtime_r(in seconds, out time) == 0 ? LastError : Errno.Success;

    /// <summary>Seconds since 1970 of a local time; where the clocks were put back, of the time that the C library takes.</summary>
    internal static long OfLocalTime(CalendarTime time)
    {
        time.IsDaylightSaving = -1;
        return mktime(ref time);
    }

    /// <summary>Seconds since 1970 of a time in UTC.</summary>
    internal static long OfUniversalTime(CalendarTime time) => timegm(ref time);

    [LibraryImport("libc")]
    private static partial void tzset();

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint localtime_r(in long seconds, out CalendarTime time);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint gmtime_r(in long seconds, out CalendarTime time);

    [LibraryImport("libc")]
    private static partial long mktime(ref CalendarTime time);

    [LibraryImport("libc")]
    private static partial long timegm(ref CalendarTime time);
}
