using Qga.Platform.Freeze;
using Qga.Platform.Logging;
using Qga.Platform.Native;
using Qga.Platform.State;
using Qga.Testing;

namespace Qga.Platform.Tests.Freeze;

/// <summary>The steps of a guest that is frozen: it is taken over, guarded anew, looked after, or was thawed by somebody else.</summary>
public sealed class FreezeStepsFrozenTests : FreezeStepsFixture
{
    [Fact]
    public void Freeze_is_taken_over_with_its_guardian_and_what_is_left_of_its_time()
    {
        Guest.Mount("/").FreezeFromOutside();
        new FrozenMarker(StateDirectory).Create();
        Guest.OtherGuardians = ["the freeze guardian 42 could not be reached, and was ended"];
        var guardian = new FakeGuardian(Guest) { Remaining = TimeSpan.FromSeconds(7) };
        var steps = Steps(startsFrozen: true, leftBehind: guardian);

        Assert.True(steps.StartsFrozen);
        steps.TakeOver();

        Assert.Equal(["mark", "end freezing"], Guest.TakeEvents());
        Assert.Same(guardian.Ended, steps.GuardianEnded);
        Assert.Equal(TimeSpan.FromSeconds(7), steps.Remaining);
        Assert.Equal(new FrozenSpan(Marker.CreatedAt()!.Value, Clock.GetUtcNow().AddSeconds(7)), steps.Span);
        Assert.Empty(Guest.Lines);

        // The marker is its own from now on.
        Assert.True(steps.IsStillOurs());
        Assert.Equal(["/"], steps.Thaw().Thawed);
        Assert.False(Marker.Exists());
        Assert.Equal(["open /", "thaw /", "close /", "dismiss", "leave guardian", "release log"], Guest.TakeEvents());
    }

    [Fact]
    public void Freeze_that_was_never_to_end_is_taken_over_as_that()
    {
        var steps = Steps(startsFrozen: true, leftBehind: new FakeGuardian(Guest));
        steps.TakeOver();
        Assert.Null(steps.Remaining);
    }

    [Fact]
    public void Freeze_without_a_guardian_is_taken_over_with_a_new_one_for_the_whole_time()
    {
        Guest.Mount("/").FreezeFromOutside();
        Guest.Mount("/broken").OpenError = Errno.EIO;
        Guest.Mount("/lost").Unreachable = "another filesystem is mounted over it";
        Guest.OtherGuardians = ["the freeze guardian 42 could not be reached, and was ended"];
        var steps = Steps(startsFrozen: true);

        steps.TakeOver();

        Assert.Equal(["open /", "guardian of /", "arm 900", "mark", "end freezing"], Guest.TakeEvents());
        Assert.True(Guest.Guardians.Single().StartedFrozen);
        Assert.Equal(Everything.Timeout, steps.Remaining);
        Assert.Equal(new FrozenSpan(Clock.GetUtcNow(), Clock.GetUtcNow().AddSeconds(900)), steps.Span);
        Assert.Equal(
            [
                "failed to open /lost: another filesystem is mounted over it; the guardian can't thaw it",
                "failed to open /broken: Input/output error; the guardian can't thaw it",
                .. Guest.OtherGuardians,
            ],
            Warnings());
    }

    [Fact]
    public void Freeze_is_taken_over_though_a_mount_hangs()
    {
        Guest.Mount("/");
        var hung = Guest.Mount("/hung");
        hung.OpenGate = Gate();
        var steps = Steps(startsFrozen: true);

        Overdue(FreezeSteps.ThawLimit, steps.TakeOver);

        Assert.Equal("guardian of /", Guest.Events[1]);
        Assert.Equal(["failed to open /hung: no answer within 2 s; the guardian can't thaw it"], Warnings());
    }

    [Fact]
    public void Freeze_is_taken_over_though_nobody_guards_it()
    {
        Guest.Mount("/").FreezeFromOutside();
        Guest.GuardianFailure = new PlatformException("failed to start the freeze guardian: it does not get ready");
        Guest.OtherGuardians = ["the freeze guardian 42 could not be reached, and was ended"];
        var steps = Steps(startsFrozen: true);

        steps.TakeOver();

        Assert.Equal(
            [(LogLevel.Critical, "nobody guards the freeze beside the agent: failed to start the freeze guardian: it does not get ready")], Guest.Lines);
        Assert.Null(steps.GuardianEnded);
        Assert.Equal(Everything.Timeout, steps.Remaining);
        Assert.Equal(["/"], steps.Thaw().Thawed);
    }

    [Fact]
    public void Freeze_is_taken_over_though_the_mounted_filesystems_are_not_known()
    {
        Guest.Mount("/").FreezeFromOutside();
        Guest.ListFailure = new PlatformException("failed to open mtab file: '/proc/self/mounts'");
        var steps = Steps(startsFrozen: true);

        steps.TakeOver();

        Assert.Equal([(LogLevel.Critical, $"nobody guards the freeze beside the agent: {Guest.ListFailure.Message}")], Guest.Lines);
    }

    [Fact]
    public void Guardian_that_has_ended_is_replaced_for_the_time_that_is_left()
    {
        Guest.Mount("/");
        Guest.Mount("/home");
        var steps = Frozen();
        Clock.Pass(TimeSpan.FromSeconds(100));
        Guest.Guardians[0].Die();

        steps.Guard();

        Assert.Equal(["leave guardian", "guardian of /home /", "arm 800", "mark", "end freezing"], Guest.TakeEvents());
        Assert.True(Guest.Guardians[1].StartedFrozen);
        Assert.Same(Guest.Guardians[1].Ended, steps.GuardianEnded);
        Assert.Equal(TimeSpan.FromSeconds(800), steps.Remaining);
        Assert.Equal(["/", "/home"], steps.Thaw().Thawed);
    }

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

    [Fact]
    public void What_somebody_else_has_thawed_is_left_alone()
    {
        Guest.Mount("/");
        var steps = Frozen();
        Guest.Mounted[0].TryThaw();
        Guest.Mounted[0].FreezeFromOutside();
        var other = new FrozenMarker(StateDirectory);
        other.Create();
        Guest.TakeEvents();

        steps.Forget();

        Assert.Equal(["dismiss", "leave guardian", "close /", "release log"], Guest.TakeEvents());
        Assert.True(Guest.Mounted[0].IsFrozen);
        Assert.True(other.Exists());
        Assert.False(other.IsLost);
        Assert.Null(steps.Remaining);
        Assert.Null(steps.GuardianEnded);

        // What was forgotten is nobody's loss at the next thaw.
        Guest.Mounted[0].TryThaw();
        Guest.Lines.Clear();
        Assert.Equal(0, steps.Thaw().Count);
        Assert.Empty(Guest.Lines);
        Assert.True(other.Exists());
    }

    [Fact]
    public void Freeze_is_ours_until_its_marker_is_gone_or_another()
    {
        Guest.Mount("/");
        var steps = Frozen();
        Assert.True(steps.IsStillOurs());

        File.Delete(Marker.Path);
        Assert.False(steps.IsStillOurs());
        Assert.False(steps.IsStillOurs());
        new FrozenMarker(StateDirectory).Create();
        Assert.False(steps.IsStillOurs());
    }

    /// <summary>One look is enough: others would only get stuck too. The answer that it has late counts for the next.</summary>
    [HangingFileSystemFact]
    public void Freeze_is_ours_as_long_as_the_directory_of_its_marker_hangs()
    {
        using var directory = new HangingFileSystem();
        Guest.Mount("/");
        var steps = Frozen();
        HangStateDirectory(directory);

        Assert.True(Overdue(FreezeSteps.ThawLimit, steps.IsStillOurs, () => HangingFileSystem.Askers > 0));
        var again = Task.Run(steps.IsStillOurs);
        Eventually.True(() => again.IsCompleted || HangingFileSystem.Askers > 1, "it answers, or asks once more");
        Assert.True(again.IsCompletedSuccessfully);
        Assert.Equal(1, Workers.Stuck);

        directory.Recover();
        Eventually.True(() => !steps.IsStillOurs(), "it asks again");
    }
}
