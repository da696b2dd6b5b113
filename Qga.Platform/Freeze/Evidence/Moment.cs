using System.Globalization;

namespace Qga.Platform.Freeze.Evidence;

/// <summary>A moment by two clocks, one read right after the other.</summary>
/// <param name="Boot">CLOCK_BOOTTIME, in nanoseconds since the start of the guest: nobody sets it, and it runs on while the guest sleeps.</param>
/// <param name="Wall">CLOCK_REALTIME, in nanoseconds since 1970 UTC: what it says is up to whoever sets it.</param>
public readonly record struct Moment(long Boot, long Wall)
{
    /// <summary>The wall clock's time, by RFC 3339, with as many digits whatever they are: two of them compare as texts do.</summary>
    public string Time => WallClock.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>The wall clock's time.</summary>
    public DateTime WallClock => DateTime.UnixEpoch.AddTicks(Wall / TimeSpan.NanosecondsPerTick);

    /// <param name="time">Its timestamps are those of CLOCK_BOOTTIME.</param>
    internal static Moment Now(TimeProvider time) =>
        new(Nanoseconds(time.GetElapsedTime(0)), Nanoseconds(time.GetUtcNow() - DateTimeOffset.UnixEpoch));

    /// <summary>Now, for earlier moments to be told by: the wall clock is read first, so that none of them is told too late.</summary>
    /// <param name="time">Its timestamps are those of CLOCK_BOOTTIME.</param>
    internal static Moment NowForEarlier(TimeProvider time)
    {
        var wall = Nanoseconds(time.GetUtcNow() - DateTimeOffset.UnixEpoch);
        return new Moment(Nanoseconds(time.GetElapsedTime(0)), wall);
    }

    /// <summary>Another moment of the same guest, known by its boot time: the wall clock is taken to have run on meanwhile.</summary>
    internal Moment At(TimeSpan bootTime)
    {
        var boot = Nanoseconds(bootTime);
        return new Moment(boot, Wall - (Boot - boot));
    }

    private static long Nanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;
}
