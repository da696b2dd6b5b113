using System.Text;
using Qga.Platform.Freeze.Evidence;

namespace Qga.Platform.Tests.Freeze.Evidence;

public sealed class FreezeEventTests
{
    [Theory]
    [InlineData("/mnt/a b")]
    [InlineData("/mnt/tab\there")]
    [InlineData("/mnt/line\nfeed")]
    [InlineData(@"/mnt/back\slash\n")]
    [InlineData("/mnt/\U0001F600é")]
    [InlineData("")]
    public void Whatever_a_path_is_its_line_leads_back_to_it(string path)
    {
        var line = new FreezeEvent(FreezeEventKind.Opened, new Moment(123, -5), "8:1", path, "ext4").ToLine();

        Assert.Equal(1, Encoding.Latin1.GetString(line).Count(character => character == '\n'));
        var parsed = FreezeEvent.Parse(line[..^1])!;
        Assert.Equal((FreezeEventKind.Opened, new Moment(123, -5)), (parsed.Kind, parsed.At));
        Assert.Equal(["8:1", path, "ext4"], parsed.Values);
    }

    /// <summary>What stands for a byte that is not UTF-8 must not stand for a line feed: a host names mount points as it likes.</summary>
    /// <summary>A test runner has no such text as an argument.</summary>
    /// <remarks>A guest without memory may stand still between the two clocks, and an interval must not get longer by it.</remarks>
    [Fact]
    public void Moment_before_now_is_never_told_later_than_it_was()
    {
        var clock = new SlowClock();
        var wall = (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        var before = clock.GetElapsedTime(0);

        Assert.True(Moment.NowForEarlier(clock).At(before).Wall <= wall);
    }

    [Fact]
    public void Path_that_is_not_utf8_stays_what_it_is() => Whatever_a_path_is_its_line_leads_back_to_it("/mnt/caf\uDCE9/\uDC80x");

    [Fact]
    public void Name_can_not_forge_a_line()
    {
        foreach (var character in (char[])['\uDC0A', '\uDC09', '\uD80A', '\uDD0A'])
        {
            var line = new FreezeEvent(FreezeEventKind.LeftOut, default, $"{character}Thawed", "", "", "", "").ToLine();

            Assert.Equal(line.Length - 1, line.IndexOf((byte)'\n'));
            Assert.Equal(["\uFFFDThawed", "", "", "", ""], FreezeEvent.Parse(line[..^1])!.Values);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("Froze")]
    [InlineData("Froze\t1")]
    [InlineData("Froze\tx\t1\t8:1")]
    [InlineData("Unheard\t1\t1\t8:1")]
    public void What_is_no_event_is_none(string line) => Assert.Null(FreezeEvent.Parse(Encoding.UTF8.GetBytes(line)));

    /// <summary>A second goes by after each look.</summary>
    private sealed class SlowClock : TimeProvider
    {
        private long _seconds;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _seconds++;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddSeconds(_seconds++);
    }
}
