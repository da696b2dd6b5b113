using Qga.Actors.Freeze;
using Qga.Platform.Freeze;
using Qga.Platform.Freeze.Evidence;
using Qga.Platform.Native;

namespace Qga.Actors.Tests.Freeze;

/// <summary>What is counted of freezes.</summary>
public sealed class FreezeTallyTests : AgentFixture
{
    [Fact]
    public void Freeze_that_the_host_ends_is_counted_and_a_thaw_of_what_is_not_frozen_is_not()
    {
        Guest.Mount("/");
        var agent = StartAgent();
        Ask(agent, "guest-fsfreeze-thaw");
        Assert.Equal(TimeSpan.Zero, Freeze.Tally.Frozen);

        Ask(agent, "guest-fsfreeze-freeze");
        AwaitHandled(agent, "freeze");
        Assert.True(Freeze.Tally.IsFrozen);
        Ask(agent, "guest-fsfreeze-thaw");
        AwaitHandled(agent, "freeze");

        Assert.False(Freeze.Tally.IsFrozen);
        Assert.True(Freeze.Tally.Frozen > TimeSpan.Zero);
        Assert.Equal([1, 0, 0, 0, 0, 0], Enum.GetValues<FreezeEnder>().Select(by => Freeze.Tally.Of(by, isConsistent: true)));
        Assert.All(Enum.GetValues<FreezeEnder>(), by => Assert.Equal(0, Freeze.Tally.Of(by, isConsistent: false)));
    }

    [Fact]
    public void Freeze_that_fails_is_counted()
    {
        Guest.Mount("/").FreezeError = Errno.EIO;
        var agent = StartAgent();
        Ask(agent, "guest-fsfreeze-freeze");
        AwaitHandled(agent, "freeze");

        Assert.Equal([0, 0, 0, 1, 0, 0], Enum.GetValues<FreezeEnder>().Select(by => Freeze.Tally.Of(by, isConsistent: false)));
        Assert.All(Enum.GetValues<FreezeEnder>(), by => Assert.Equal(0, Freeze.Tally.Of(by, isConsistent: true)));
        Assert.Equal(TimeSpan.Zero, Freeze.Tally.Frozen);
    }

    [Fact]
    public void Time_goes_on_from_one_freeze_to_the_next()
    {
        var tally = new FreezeTally();
        var frozen = new FreezeFacts(new FrozenSpan(DateTimeOffset.UnixEpoch, Until: null), IsChanging: false);
        tally.Note(frozen with { IsChanging = true });
        tally.Note(frozen);
        tally.Note(FreezeFacts.OfThawed);
        var first = tally.Frozen;
        tally.Note(FreezeFacts.OfThawed);
        Assert.Equal(first, tally.Frozen);
        tally.Note(frozen);

        Assert.True(tally.Frozen >= first);
    }
}
