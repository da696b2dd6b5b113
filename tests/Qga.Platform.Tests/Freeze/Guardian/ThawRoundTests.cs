using Microsoft.Win32.SafeHandles;
using Qga.Platform.Freeze.Guardian;

namespace Qga.Platform.Tests.Freeze.Guardian;

public sealed class ThawRoundTests
{
    [Fact]
    public void Each_is_taken_once_and_who_comes_late_takes_nothing()
    {
        using var one = new SafeFileHandle();
        using var two = new SafeFileHandle();
        var round = new ThawRound([one, two]);

        Assert.Same(one, round.TryTake());
        Assert.True(round.HasMore);
        Assert.Same(two, round.TryTake());
        Assert.False(round.HasMore);
        Assert.Null(round.TryTake());
        Assert.Null(round.TryTake());
        Assert.Equal((2, 0), (round.Count, round.Thawed));
    }
}
