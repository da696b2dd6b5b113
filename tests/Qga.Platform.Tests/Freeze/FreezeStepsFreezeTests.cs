using Qga.Platform.Freeze;
using Qga.Testing;

namespace Qga.Platform.Tests.Freeze;

/// <summary>The steps into a freeze: what is done in which order, and what ends it.</summary>
public sealed class FreezeStepsFreezeTests : FreezeStepsFixture
{
    /// <summary>What the guardian gets in its hands would be another file by then.</summary>
    [Fact]
    public void Mount_that_comes_back_while_its_guardian_starts_stays_open_until_that_has_started()
    {
        var hung = Guest.Mount("/hung");
        var gate = hung.FreezeGate = Gate();
        var steps = Steps();
        steps.Open(Everything);
        var closed = -1;
        Guest.StartingLate = () =>
        {
            gate.Set();
            Eventually.True(() => CanBePrepared(steps), "the freeze has come back");
            closed = hung.Closed;
        };

        Assert.Throws<FreezeException>(() => Overdue(FreezeSteps.FreezeLimit, () => steps.Freeze(Everything)));

        Assert.Equal(0, closed);
        Assert.Equal(["guardian of late /hung", "leave late guardian", "close /hung"], Guest.TakeEvents(upTo: "close /hung").TakeLast(3));
    }

    private static bool CanBePrepared(FreezeSteps steps)
    {
        try
        {
            steps.Prepare(Everything);
            return true;
        }
        catch (FreezeException)
        {
            return false;
        }
    }
}
