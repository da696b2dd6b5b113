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

        Assert.Same(one, round.TryTake(out _));
        Assert.True(round.HasMore);
        Assert.Same(two, round.TryTake(out _));
        Assert.False(round.HasMore);
        Assert.Null(round.TryTake(out _));
        Assert.Null(round.TryTake(out _));
        Assert.Equal((2, 0), (round.Count, round.Thawed));
    }

    [Fact]
    public void What_each_has_found_is_known_once_it_has_answered()
    {
        using var handle = new SafeFileHandle();
        var round = new ThawRound([handle, handle, handle]);
        round.NoteThawed(0, TimeSpan.FromSeconds(5));
        round.NoteNotFrozen(2);

        Assert.Equal((true, TimeSpan.FromSeconds(5)), round.OutcomeOf(0));
        Assert.Null(round.OutcomeOf(1));
        Assert.Equal((false, TimeSpan.Zero), round.OutcomeOf(2));
        Assert.Equal(1, round.Thawed);
    }
}
