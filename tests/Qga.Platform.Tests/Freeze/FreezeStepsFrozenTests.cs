using Qga.Platform.Logging;

namespace Qga.Platform.Tests.Freeze;

/// <summary>The steps of a guest that is frozen: it is taken over, guarded anew, looked after, or was thawed by somebody else.</summary>
public sealed class FreezeStepsFrozenTests : FreezeStepsFixture
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Guardian_that_can_not_do_its_duty_is_ended(bool isArmed)
    {
        Guest.Mount("/");
        var steps = Frozen();
        var failure = new PlatformException("it has ended");
        Guest.Starting = guardian =>
        {
            guardian.ArmFailure = isArmed ? null : failure;
            guardian.MarkFailure = failure;
        };

        steps.Guard();

        string[] armed = isArmed ? ["arm 900"] : [];
        Assert.Equal(["leave guardian", "guardian of /", .. armed, "disarm", "leave guardian"], Guest.TakeEvents());
        Assert.Null(steps.GuardianEnded);
        Assert.Equal(Everything.Timeout, steps.Remaining);
        Assert.Equal([(LogLevel.Critical, "nobody guards the freeze beside the agent: it has ended")], Guest.Lines);
    }
}
