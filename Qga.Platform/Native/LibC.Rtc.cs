using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Qga.Platform.Native;

/// <summary>The hardware clock: the ioctls of <c>linux/rtc.h</c>, see rtc(4).</summary>
internal static partial class LibC
{
    internal const uint RTC_RD_TIME = 0x80247009;
    internal const uint RTC_SET_TIME = 0x4024700A;

    /// <summary><c>struct rtc_time</c>, in UTC or local time; years count from 1900, months from 0.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct RtcTime
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
    }

    internal static unsafe Errno ReadRtc(SafeFileHandle rtc, out RtcTime time)
    {
        fixed (RtcTime* argument = &time)
            return Control(rtc, RTC_RD_TIME, argument);
    }

    internal static unsafe Errno SetRtc(SafeFileHandle rtc, RtcTime time) => Control(rtc, RTC_SET_TIME, &time);
}
