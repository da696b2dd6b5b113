using Qga.Platform.Freeze;
using Qga.Testing;

namespace Qga.Platform.Tests.Freeze;

public sealed class FreezeDeadlineTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly FakeGuest _guest = new();
    private readonly FakeBootClock _clock = new();
    private readonly FreezeDeadline _deadline;

    public FreezeDeadlineTests() => _deadline = new FreezeDeadline(_clock);

    [Fact]
    public void There_is_none_before_a_freeze()
    {
        Assert.Null(_deadline.Remaining);
        Assert.Null(_deadline.Guardian);
        Assert.Equal(0, _deadline.End(Patience));
    }

    [Fact]
    public void Guardian_has_the_same_time_as_the_agent()
    {
        var guardian = new FakeGuardian(_guest);
        _deadline.Entrust(guardian);
        _clock.Pass(TimeSpan.FromDays(1));

        _deadline.Start(Timeout);

        Assert.Equal(Timeout, guardian.Remaining);
        Assert.Equal(Timeout, _deadline.Remaining);
        Assert.Equal(["arm 900"], _guest.TakeEvents());
    }

    /// <summary>The time asleep counts, and no timer of that clock has to tell of it.</summary>
    [Fact]
    public void Time_in_which_the_guest_is_suspended_is_not_added()
    {
        _deadline.Set(Timeout);
        _clock.Pass(TimeSpan.FromMinutes(5));
        Assert.Equal(TimeSpan.FromMinutes(10), _deadline.Remaining);

        _clock.Pass(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.Zero, _deadline.Remaining);
        _clock.Pass(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.Zero, _deadline.Remaining);
    }

    [Fact]
    public void Never_is_never_for_the_guardian_too()
    {
        _deadline.Entrust(new FakeGuardian(_guest));
        _deadline.Set(Timeout);

        _deadline.Start(timeout: null);
        _clock.Pass(TimeSpan.FromDays(365));

        Assert.Null(_deadline.Remaining);
        Assert.Equal(["arm never"], _guest.TakeEvents());
    }

    [Fact]
    public void Time_runs_without_a_guardian()
    {
        _deadline.Start(Timeout);
        _clock.Pass(Timeout - TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(1), _deadline.Remaining);
    }

    [Fact]
    public void What_is_left_of_an_earlier_freeze_arms_nobody()
    {
        _deadline.Entrust(new FakeGuardian(_guest));

        _deadline.Set(TimeSpan.FromSeconds(7));

        Assert.Equal(TimeSpan.FromSeconds(7), _deadline.Remaining);
        Assert.Empty(_guest.Events);
    }

    [Fact]
    public void Guardian_in_the_place_of_another_leaves_the_deadline()
    {
        var second = new FakeGuardian(_guest) { Name = "second" };
        _deadline.Entrust(new FakeGuardian(_guest) { Name = "first" });
        _deadline.Set(Timeout);

        _deadline.Entrust(second);

        Assert.Same(second, _deadline.Guardian);
        Assert.Equal(["leave first"], _guest.TakeEvents());
        Assert.Equal(Timeout, _deadline.Remaining);
    }

    [Fact]
    public void Cancelled_deadline_has_a_guardian_that_touches_nothing()
    {
        _deadline.Entrust(new FakeGuardian(_guest));
        _deadline.Start(Timeout);
        _guest.TakeEvents();

        _deadline.Cancel(Patience);

        Assert.Equal(["disarm", "leave guardian"], _guest.TakeEvents());
        Assert.Null(_deadline.Remaining);
        Assert.Null(_deadline.Guardian);
    }

    [Theory]
    [InlineData(3, 3)]
    [InlineData(null, 0)]
    public void End_tells_what_the_guardian_found_frozen(int? thawed, int count)
    {
        _deadline.Entrust(new FakeGuardian(_guest) { ThawsAtEnd = thawed });
        _deadline.Start(Timeout);
        _guest.TakeEvents();

        Assert.Equal(count, _deadline.End(Patience));

        Assert.Equal(["dismiss", "leave guardian"], _guest.TakeEvents());
        Assert.Null(_deadline.Remaining);
        Assert.Null(_deadline.Guardian);
    }

    [Fact]
    public void Guardian_that_can_not_be_armed_is_an_error()
    {
        var failure = new PlatformException("failed to arm the freeze guardian: it has ended");
        _deadline.Entrust(new FakeGuardian(_guest) { ArmFailure = failure });

        Assert.Same(failure, Assert.Throws<PlatformException>(() => _deadline.Start(Timeout)));
    }
}
