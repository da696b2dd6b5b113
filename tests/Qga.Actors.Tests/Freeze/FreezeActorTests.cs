using Akka.Actor;
using Akka.TestKit;
using Newtonsoft.Json.Linq;
using Qga.Actors.Commands;
using Qga.Actors.Freeze;
using Qga.Actors.Tests.Files;
using Qga.Platform;
using Qga.Platform.Freeze;
using Qga.Platform.Native;
using Qga.Platform.State;
using Qga.Testing;

namespace Qga.Actors.Tests.Freeze;

public sealed class FreezeActorTests : AgentFixture
{
    private const string Frozen = """{"return": "frozen"}""";
    private const string Thawed = """{"return": "thawed"}""";

    [Fact]
    public void Freeze_and_thaw_do_everything_in_its_order()
    {
        Guest.Mount("/");
        Guest.Mount("/home");
        var agent = StartAgent(timeout: TimeSpan.FromSeconds(900));

        Assert.Equal("""{"return": 2}""", Ask(agent, "guest-fsfreeze-freeze"));
        Assert.Equal(Frozen, Ask(agent, "guest-fsfreeze-status"));
        Assert.True(Marker.Exists());
        Assert.Equal(
            ["hook Freeze Request", "guardian of /home /", "arm 900", "hold log", "freeze /home", "freeze /", "is frozen"],
            Guest.TakeEvents(upTo: "is frozen"));

        Assert.Equal("""{"return": 2}""", Ask(agent, "guest-fsfreeze-thaw"));
        Assert.Equal(Thawed, Ask(agent, "guest-fsfreeze-status"));
        Assert.False(Marker.Exists());
        Assert.Equal(
            ["thaw /", "thaw /home", "dismiss", "leave guardian", "release log", "hook Thaw Request", "is thawed"],
            Guest.TakeEvents(upTo: "is thawed"));
        Assert.All(Guest.Mounted, fileSystem => Assert.Equal(1, fileSystem.Closed));
    }

    [Fact]
    public void While_frozen_only_safe_commands_work_and_guest_info_says_so()
    {
        Guest.Mount("/");
        var agent = StartAgent();
        Ask(agent, "guest-fsfreeze-freeze");

        foreach (var command in new[] { "guest-fsfreeze-freeze", "guest-fstrim", "guest-file-open" })
        {
            Assert.Equal(
                $"Command {command} has been disabled: the command is not allowed: the agent is in frozen state",
                ErrorOf(Ask(agent, command)));
        }

        Assert.Equal(
            ["guest-fsfreeze-thaw", "guest-fsfreeze-status", "guest-info", "guest-ping", "guest-sync", "guest-sync-delimited"], EnabledIn(agent));
        Ask(agent, "guest-fsfreeze-thaw");
        Assert.Contains("guest-file-open", EnabledIn(agent));
        Assert.StartsWith("""{"return":""", Ask(agent, "guest-file-open", "{'path': '/x'}"));
    }

    [Fact]
    public void Thaw_is_made_by_the_guardian_and_what_it_can_not_do_by_the_agent()
    {
        Guest.Mount("/");
        var held = Guest.Mount("/home");
        var foreign = Guest.Mount("/foreign");
        var agent = StartAgent(excluded: ["/foreign"]);
        Ask(agent, "guest-fsfreeze-freeze");
        foreign.FreezeFromOutside();
        Guest.Guardians[^1].Thawing = mountPoint =>
        {
            if (mountPoint != held.MountPoint)
                return null;
            Guest.Note("guardian thaws:");
            return held.TryThaw();
        };
        Guest.TakeEvents(upTo: "is frozen");

        Assert.Equal("{\"return\": 3}", Ask(agent, "guest-fsfreeze-thaw"));
        Assert.Equal(["thaw /", "guardian thaws:", "thaw /home", "thaw /foreign", "dismiss"], Guest.TakeEvents(upTo: "is thawed").Take(5));
    }

    [Fact]
    public void Freeze_list_takes_exact_mount_points_and_ignores_others()
    {
        Guest.Mount("/");
        Guest.Mount("/a");
        Guest.Mount("/b");
        var agent = StartAgent(excluded: ["/b"]);

        Assert.Equal("""{"return": 1}""", Ask(agent, "guest-fsfreeze-freeze-list", "{'mountpoints': ['/a', '/b', '/a/', '/c']}"));
        Assert.Equal(["/a"], Guest.Mounted.Where(fileSystem => fileSystem.IsFrozen).Select(fileSystem => fileSystem.MountPoint.Path));
    }

    [Theory]
    [InlineData("{'mountpoints': []}")]
    [InlineData("{'mountpoints': ['/nowhere']}")]
    public void Freeze_of_nothing_leaves_the_guest_thawed_and_calls_no_thaw_hook(string arguments)
    {
        Guest.Mount("/");
        var agent = StartAgent();

        Assert.Equal("""{"return": 0}""", Ask(agent, "guest-fsfreeze-freeze-list", arguments));
        Assert.Equal(Thawed, Ask(agent, "guest-fsfreeze-status"));
        Assert.False(Marker.Exists());
        Assert.Equal(["hook Freeze Request", "hold log", "release log", "is thawed"], Guest.TakeEvents(upTo: "is thawed"));
        Assert.StartsWith("""{"return":""", Ask(agent, "guest-file-open", "{'path': '/x'}"));
    }

    [Fact]
    public void Freeze_that_finds_everything_frozen_already_leaves_it_so()
    {
        var foreign = Guest.Mount("/");
        foreign.FreezeFromOutside();
        var agent = StartAgent();

        Assert.Equal("""{"return": 0}""", Ask(agent, "guest-fsfreeze-freeze"));
        Assert.True(foreign.IsFrozen);
        Assert.Equal(
            ["hook Freeze Request", "guardian of /", "arm never", "hold log", "disarm", "leave guardian", "release log", "is thawed"],
            Guest.TakeEvents(upTo: "is thawed"));
    }

    [Fact]
    public void Freeze_that_fails_thaws_everything_and_says_what()
    {
        Guest.Mount("/").FreezeError = Errno.EIO;
        Guest.Mount("/home");
        Guest.Mount("/foreign").FreezeFromOutside();
        var agent = StartAgent();

        Assert.Equal(
            "failed to freeze /: Input/output error; thawed again: /home, /foreign", ErrorOf(Ask(agent, "guest-fsfreeze-freeze")));
        Assert.Equal(Thawed, Ask(agent, "guest-fsfreeze-status"));
        Assert.False(Marker.Exists());
        Assert.Equal("hook Thaw Failure", Guest.TakeEvents(upTo: "is thawed")[^2]);
        Assert.StartsWith("""{"return":""", Ask(agent, "guest-file-open", "{'path': '/x'}"));
    }

    [Fact]
    public void Mount_point_that_can_not_be_opened_fails_the_freeze_before_anything_is_frozen()
    {
        Guest.Mount("/").OpenError = Errno.EACCES;
        Guest.Mount("/home");
        var agent = StartAgent();

        Assert.Equal("failed to open /: Permission denied", ErrorOf(Ask(agent, "guest-fsfreeze-freeze")));
        Assert.DoesNotContain(Guest.Events, text => text.StartsWith("freeze", StringComparison.Ordinal));
        Assert.Equal(1, Guest.Mounted[1].Closed);
    }

    [Fact]
    public void Guest_that_can_not_be_frozen_safely_is_not_touched()
    {
        Guest.Mount("/");
        Guest.Unsafe = new FreezeException("failed to freeze /: device dm-3 is suspended");
        var agent = StartAgent();

        Assert.Equal("failed to freeze /: device dm-3 is suspended", ErrorOf(Ask(agent, "guest-fsfreeze-freeze")));
        Assert.Equal(["is thawed"], Guest.TakeEvents(upTo: "is thawed"));
    }

    [Fact]
    public void Hook_that_fails_fails_the_freeze_and_is_not_called_again()
    {
        Guest.Mount("/");
        Guest.HookFailure = new FreezeHookException("the database is busy", wasKilled: false);
        var agent = StartAgent();

        Assert.Equal("the database is busy", ErrorOf(Ask(agent, "guest-fsfreeze-freeze")));
        Assert.Equal(["hook Freeze Request", "is thawed"], Guest.TakeEvents(upTo: "is thawed"));
    }

    [Fact]
    public void Hook_that_was_killed_is_called_to_undo_what_it_did()
    {
        Guest.Mount("/");
        Guest.HookFailure = new FreezeHookException("took too long", wasKilled: true);
        var agent = StartAgent();

        Assert.Equal("took too long", ErrorOf(Ask(agent, "guest-fsfreeze-freeze")));
        Assert.Equal(["hook Freeze Request", "hook Thaw Failure", "is thawed"], Guest.TakeEvents(upTo: "is thawed"));
    }

    [Fact]
    public void Freeze_without_a_guardian_is_refused()
    {
        Guest.Mount("/");
        Guest.GuardianFailure = new SystemCallException(Errno.ENOMEM, "failed to start the freeze guardian");
        var agent = StartAgent();

        Assert.Equal("failed to start the freeze guardian: Cannot allocate memory", ErrorOf(Ask(agent, "guest-fsfreeze-freeze")));
        Assert.DoesNotContain("freeze /", Guest.Events);
    }

    [Fact]
    public void Freeze_is_abandoned_when_the_log_does_not_come_to_rest()
    {
        Guest.Mount("/");
        Guest.LogIsStuck = true;
        var agent = StartAgent();

        Assert.Equal("failed to freeze: the agent's log has not come to rest within 8 s", ErrorOf(Ask(agent, "guest-fsfreeze-freeze")));
        Assert.DoesNotContain("freeze /", Guest.Events);
        Assert.Contains("release log", Guest.Events);
    }

    [Fact]
    public void Freeze_waits_for_a_write_in_flight()
    {
        Guest.Mount("/");
        var agent = StartAgent();
        var (file, write) = StartHangingWrite(agent);

        var freeze = Send(agent, "guest-fsfreeze-freeze");
        AwaitFrozenOut(agent);
        Assert.DoesNotContain("freeze /", Guest.Events);

        file.Gate.Set();
        Assert.Equal("""{"return": 1}""", AnswerTo(freeze));
        Assert.StartsWith("""{"return":""", AnswerTo(write));
    }

    [Fact]
    public void Freeze_is_abandoned_when_a_domain_does_not_come_to_rest()
    {
        Guest.Mount("/");
        var agent = StartAgent();
        var (file, _) = StartHangingWrite(agent);

        var freeze = Send(agent, "guest-fsfreeze-freeze");
        AwaitFrozenOut(agent);
        AwaitHandled(agent, "freeze");
        Time.Advance(FreezeActor.QuiesceTimeout);

        Assert.Equal("failed to freeze: guest-file-write has not come to rest within 10 s", ErrorOf(AnswerTo(freeze)));
        Assert.StartsWith("""{"return":""", Ask(agent, "guest-file-open", "{'path': '/y'}"));
        file.Gate.Set();
    }

    [Fact]
    public void Freeze_does_not_wait_for_a_write_that_its_client_was_told_is_stuck()
    {
        Guest.Mount("/");
        var agent = StartAgent();
        var (file, write) = StartHangingWrite(agent);
        AnswerOnceOverdue(write, TimeSpan.FromSeconds(30));

        Assert.Equal("""{"return": 1}""", Ask(agent, "guest-fsfreeze-freeze"));
        file.Gate.Set();
    }

    [Fact]
    public void Mount_that_does_not_answer_fails_the_freeze_by_name_and_is_thawed_when_it_comes_back()
    {
        var gate = new ManualResetEventSlim();
        Guest.Mount("/hung").FreezeGate = gate;
        Guest.Mount("/home");
        var agent = StartAgent();

        var freeze = Send(agent, "guest-fsfreeze-freeze");
        Eventually.True(() => Guest.Mounted[1].IsFrozen);
        Assert.Equal("failed to freeze /hung: no answer within 8 s; thawed again: /home", ErrorOf(AnswerAfter(FreezeSteps.FreezeLimit, freeze)));
        Assert.Equal(Thawed, Ask(agent, "guest-fsfreeze-status"));
        Assert.Equal("failed to freeze /hung: an earlier freeze has not come back yet", ErrorOf(Ask(agent, "guest-fsfreeze-freeze")));
        Assert.Equal("""{"return": 0}""", Ask(agent, "guest-fsfreeze-thaw"));

        Assert.Contains("guardian of late /hung", Guest.Events);
        Assert.DoesNotContain("leave late guardian", Guest.Events);

        gate.Set();
        Eventually.True(() => Guest.Mounted[0].Closed == 1 && Guest.Events.Contains("leave late guardian"));
        Assert.Contains("thaw /hung", Guest.Events);
        Assert.Equal("""{"return": 2}""", AskUntilAnswered(agent));
    }

    [Fact]
    public void Mount_whose_device_is_writing_may_take_longer_to_freeze()
    {
        var gate = new ManualResetEventSlim();
        var written = 0L;
        var busy = Guest.Mount("/busy");
        busy.FreezeGate = gate;
        busy.Progress = () => written++;
        var agent = StartAgent();

        var freeze = Send(agent, "guest-fsfreeze-freeze");
        var seen = 0L;
        for (var round = 0; round < 3; round++)
        {
            var before = seen;
            Eventually.True(() =>
            {
                Clock.Advance(FreezeSteps.FreezeLimit);
                return (seen = Volatile.Read(ref written)) > before + 1;
            });
        }

        gate.Set();
        Assert.Equal("""{"return": 1}""", AnswerTo(freeze));
    }

    [Fact]
    public void Thaw_skips_a_mount_that_does_not_answer_and_thaws_the_rest()
    {
        var gate = new ManualResetEventSlim();
        Guest.Mount("/a");
        Guest.Mount("/hung");
        Guest.Mount("/b");
        var agent = StartAgent();
        Ask(agent, "guest-fsfreeze-freeze");
        Guest.Mounted[1].ThawGate = gate;

        var thaw = Send(agent, "guest-fsfreeze-thaw");
        Eventually.True(() => !Guest.Mounted[0].IsFrozen);
        Assert.Equal("""{"return": 2}""", AnswerAfter(FreezeSteps.ThawLimit, thaw));
        Assert.Contains(Guest.Lines, line => line.Text == "failed to thaw /hung: no answer within 2 s");

        gate.Set();
        Eventually.True(() => !Guest.Mounted[1].IsFrozen);
    }

    [Fact]
    public void Thaw_frees_what_others_froze_and_always_calls_the_hook()
    {
        Guest.Mount("/").FreezeFromOutside();
        var agent = StartAgent();

        Assert.Equal("""{"return": 1}""", Ask(agent, "guest-fsfreeze-thaw"));
        Assert.Equal("""{"return": 0}""", Ask(agent, "guest-fsfreeze-thaw"));
        Assert.Equal(2, Guest.Events.Count(text => text == "hook Thaw Request"));
    }

    [Fact]
    public void Thaw_frees_what_we_froze_even_if_the_mounted_filesystems_are_not_known()
    {
        Guest.Mount("/");
        var agent = StartAgent();
        Ask(agent, "guest-fsfreeze-freeze");
        Guest.ListFailure = new PlatformException("failed to open mtab file: '/proc/self/mounts'");

        Assert.Equal("failed to open mtab file: '/proc/self/mounts'", ErrorOf(Ask(agent, "guest-fsfreeze-thaw")));
        Assert.False(Guest.Mounted[0].IsFrozen);
        Assert.Equal(Thawed, Ask(agent, "guest-fsfreeze-status"));
    }

    [Fact]
    public void Thaw_frees_what_was_unmounted_lazily_meanwhile()
    {
        var unmounted = Guest.Mount("/home");
        var agent = StartAgent();
        Ask(agent, "guest-fsfreeze-freeze");
        Guest.Mounted.Clear();

        Assert.Equal("""{"return": 1}""", Ask(agent, "guest-fsfreeze-thaw"));
        Assert.False(unmounted.IsFrozen);
    }

    [Fact]
    public void Status_that_is_asked_during_a_freeze_waits_for_the_truth()
    {
        var gate = new ManualResetEventSlim();
        Guest.Mount("/").FreezeGate = gate;
        var agent = StartAgent();

        var freeze = Send(agent, "guest-fsfreeze-freeze");
        var status = Send(agent, "guest-fsfreeze-status");
        Assert.Equal("""{"return": {}}""", Ask(agent, "guest-ping"));
        gate.Set();

        Assert.Equal("""{"return": 1}""", AnswerTo(freeze));
        Assert.Equal(Frozen, AnswerTo(status));
    }

    [Theory]
    [InlineData("{}", 900)]
    [InlineData("{'timeout': 5}", 5)]
    public void Guest_is_thawed_when_the_deadline_has_passed(string arguments, int seconds)
    {
        Guest.Mount("/");
        var agent = StartAgent(timeout: TimeSpan.FromSeconds(900));
        Ask(agent, "guest-fsfreeze-freeze", arguments);

        Pass(TimeSpan.FromSeconds(seconds - 1));
        Assert.Equal(Frozen, Ask(agent, "guest-fsfreeze-status"));
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(Thawed, Ask(agent, "guest-fsfreeze-status"));
        Assert.Equal("hook Thaw Deadline", Guest.TakeEvents(upTo: "is thawed")[^2]);
        Assert.Equal("""{"return": 0}""", Ask(agent, "guest-fsfreeze-thaw"));
    }

    [Fact]
    public void Agent_that_is_ending_begins_no_freeze()
    {
        Guest.Mount("/");
        var agent = StartAgent();
        Assert.Equal(FreezeProtocol.MayEnd.Instance, MayEnd(agent, FreezeProtocol.WhileFrozen.Stay));

        Assert.Equal("failed to freeze: the agent is ending", ErrorOf(Ask(agent, "guest-fsfreeze-freeze")));
        Assert.DoesNotContain(Guest.Events, line => line.StartsWith("hook", StringComparison.Ordinal));
    }

    [Fact]
    public void Agent_knows_since_when_the_guest_is_frozen_and_until_when()
    {
        Guest.Mount("/");
        var agent = StartAgent(timeout: TimeSpan.FromSeconds(900));
        Pass(TimeSpan.FromSeconds(100));
        var now = Clock.GetUtcNow();

        Ask(agent, "guest-fsfreeze-freeze");
        AwaitHandled(agent, "freeze");
        Assert.Equal(new FrozenSpan(now, now.AddSeconds(900)), Freeze.Facts.Frozen);
        Ask(agent, "guest-fsfreeze-thaw");
        AwaitHandled(agent, "freeze");
        Assert.Null(Freeze.Facts.Frozen);
        Ask(agent, "guest-fsfreeze-freeze", "{'timeout': 0}");
        AwaitHandled(agent, "freeze");
        Assert.Equal(new FrozenSpan(now, Until: null), Freeze.Facts.Frozen);
    }

    [Fact]
    public void Agent_that_takes_a_freeze_over_knows_its_beginning_by_the_marker()
    {
        Guest.Mount("/");
        Marker.Create();
        var agent = StartAgent(startsFrozen: true, timeout: TimeSpan.FromSeconds(900));

        Assert.Equal(Frozen, Ask(agent, "guest-fsfreeze-status"));
        Assert.Equal(new FrozenSpan(Marker.CreatedAt()!.Value, Clock.GetUtcNow().AddSeconds(900)), Freeze.Facts.Frozen);
    }

    [Fact]
    public void Exclusions_that_are_changed_while_frozen_hold_for_the_next_freeze()
    {
        Guest.Mount("/");
        Guest.Mount("/data");
        var agent = StartAgent();
        Assert.Equal("""{"return": 2}""", Ask(agent, "guest-fsfreeze-freeze"));

        agent.Tell(new CommandProtocol.Reconfigure(new CommandFilter([], []), new FreezeExclusions(["/data"])));

        Assert.Equal("""{"return": 2}""", Ask(agent, "guest-fsfreeze-thaw"));
        Assert.Equal("""{"return": 1}""", Ask(agent, "guest-fsfreeze-freeze"));
    }

    [Fact]
    public void Deadline_of_an_earlier_freeze_ends_no_later_one()
    {
        Guest.Mount("/");
        var agent = StartAgent();
        Ask(agent, "guest-fsfreeze-freeze", "{'timeout': 5}");
        Ask(agent, "guest-fsfreeze-thaw");
        Ask(agent, "guest-fsfreeze-freeze", "{'timeout': 60}");

        Pass(TimeSpan.FromSeconds(30));
        Assert.Equal(Frozen, Ask(agent, "guest-fsfreeze-status"));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2592001)]
    [InlineData(long.MaxValue)]
    public void Timeout_out_of_range_is_refused_before_anything_is_touched(long timeout)
    {
        Guest.Mount("/");

        Assert.Equal(
            "Parameter 'timeout' expects seconds from 1 to 2592000, or 0 for never",
            ErrorOf(Ask(StartAgent(), "guest-fsfreeze-freeze", $"{{'timeout': {timeout}}}")));
        Assert.Equal(["is thawed"], Guest.TakeEvents(upTo: "is thawed"));
    }

    [Fact]
    public void Guardian_that_dies_while_frozen_is_replaced_for_the_time_that_is_left()
    {
        Guest.Mount("/");
        var agent = StartAgent(timeout: TimeSpan.FromSeconds(900));
        Ask(agent, "guest-fsfreeze-freeze");
        Pass(TimeSpan.FromSeconds(100));
        Guest.TakeEvents(upTo: "is frozen");

        Guest.Guardians[0].Die();

        Assert.Equal(["leave guardian", "guardian of /", "arm 800", "is frozen"], Guest.TakeEvents(upTo: "is frozen"));
        Assert.Equal(Frozen, Ask(agent, "guest-fsfreeze-status"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Status_of_a_guest_that_somebody_else_has_thawed_is_thawed(bool isReplaced)
    {
        Guest.Mount("/");
        var agent = StartAgent(timeout: TimeSpan.FromSeconds(900));
        Ask(agent, "guest-fsfreeze-freeze");
        Guest.TakeEvents(upTo: "is frozen");
        Guest.Mounted[0].TryThaw();
        File.Delete(Marker.Path);
        var other = new FrozenMarker(Path.GetDirectoryName(Marker.Path)!);
        if (isReplaced)
            other.Create();

        Assert.Equal(Thawed, Ask(agent, "guest-fsfreeze-status"));

        // Whoever has thawed the guest has called the hook; what is frozen by now is not ours.
        Assert.Equal(["thaw /", "dismiss", "leave guardian", "release log", "is thawed"], Guest.TakeEvents(upTo: "is thawed"));
        Assert.Equal(isReplaced, other.Exists());
        Assert.StartsWith("""{"return":""", Ask(agent, "guest-file-open", "{'path': '/x'}"));
        Assert.Equal("""{"return": 0}""", Ask(agent, "guest-fsfreeze-thaw"));
    }

    [Fact]
    public void Agent_notices_by_itself_that_somebody_else_has_thawed_the_guest()
    {
        Guest.Mount("/");
        var agent = StartAgent();
        Ask(agent, "guest-fsfreeze-freeze");
        Pass(FreezeActor.LookInterval);
        Assert.Equal(Frozen, Ask(agent, "guest-fsfreeze-status"));

        File.Delete(Marker.Path);
        Eventually.True(() =>
        {
            Pass(FreezeActor.LookInterval);
            return Guest.Events.Contains("is thawed");
        });
        Assert.StartsWith("""{"return":""", Ask(agent, "guest-file-open", "{'path': '/x'}"));
    }

    [Fact]
    public void Thaw_that_comes_after_that_of_somebody_else_says_what_was_not_frozen_any_more()
    {
        Guest.Mount("/");
        Guest.Mount("/home");
        var agent = StartAgent();
        Ask(agent, "guest-fsfreeze-freeze");
        Guest.Mounted[1].TryThaw();
        File.Delete(Marker.Path);

        Assert.Equal("""{"return": 1}""", Ask(agent, "guest-fsfreeze-thaw"));

        Assert.Equal(
            [$"{Marker.Path} is gone, or that of another freeze: somebody else has thawed the guest", "not frozen any more, so somebody else has thawed it: /home"],
            Guest.Lines.Select(line => line.Text));
    }

    [Fact]
    public void Guardian_that_has_thawed_the_guest_is_not_replaced()
    {
        Guest.Mount("/");
        var agent = StartAgent(timeout: TimeSpan.FromSeconds(900));
        Ask(agent, "guest-fsfreeze-freeze");
        File.Delete(Marker.Path);

        Guest.Guardians[0].Die(thawed: 1);

        Eventually.True(() => Guest.Events.Contains("is thawed"));
        Assert.Single(Guest.Guardians);
        Assert.DoesNotContain(Guest.Events, line => line.StartsWith("hook Thaw", StringComparison.Ordinal));
        Assert.Equal(Thawed, Ask(agent, "guest-fsfreeze-status"));
    }

    /// <summary>It has left the hook to the agent then.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(3600)]
    public void Guardian_that_has_thawed_and_could_not_remove_the_marker_is_not_replaced_and_the_agent_does_the_rest(int seconds)
    {
        Guest.Mount("/");
        var agent = StartAgent(timeout: TimeSpan.FromSeconds(900));
        Ask(agent, "guest-fsfreeze-freeze");
        Guest.Mounted[0].TryThaw();
        Guest.TakeEvents(upTo: "thaw /");

        Clock.Advance(TimeSpan.FromSeconds(seconds));
        Guest.Guardians[0].Die(thawed: 1);

        Assert.Equal(["dismiss", "leave guardian", "release log", "hook Thaw Deadline", "is thawed"], Guest.TakeEvents(upTo: "is thawed"));
        Assert.Equal(Thawed, Ask(agent, "guest-fsfreeze-status"));
        Assert.False(Marker.Exists());
        Assert.Single(Guest.Guardians);
    }

    /// <summary>While the guest is suspended the clock of the deadline goes on, and timers stand still.</summary>
    [Fact]
    public void Deadline_that_has_passed_while_the_guest_was_suspended_is_noticed_soon()
    {
        Guest.Mount("/");
        var agent = StartAgent(timeout: TimeSpan.FromSeconds(900));
        Ask(agent, "guest-fsfreeze-freeze");

        Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(Thawed, Ask(agent, "guest-fsfreeze-status"));
        Assert.Contains("hook Thaw Deadline", Guest.Events);

        Ask(agent, "guest-fsfreeze-freeze");
        Guest.TakeEvents(upTo: "is frozen");
        Clock.Advance(TimeSpan.FromHours(1));
        Eventually.True(() =>
        {
            Time.Advance(FreezeActor.LookInterval);
            return Guest.Events.Contains("hook Thaw Deadline");
        });
        Assert.Equal(2, Guest.Guardians.Count);
    }

    [Fact]
    public void Agent_that_starts_frozen_takes_the_freeze_over_with_what_is_left_of_its_time()
    {
        Guest.Mount("/").FreezeFromOutside();
        Marker.Create();
        var agent = StartAgent(startsFrozen: true, leftBehind: new FakeGuardian(Guest) { Remaining = TimeSpan.FromSeconds(7) });

        Assert.Equal(Frozen, Ask(agent, "guest-fsfreeze-status"));
        Pass(TimeSpan.FromSeconds(6));
        Assert.Equal(Frozen, Ask(agent, "guest-fsfreeze-status"));
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(Thawed, Ask(agent, "guest-fsfreeze-status"));
        Assert.False(Guest.Mounted[0].IsFrozen);
        Assert.False(Marker.Exists());
    }

    [Fact]
    public void Agent_that_starts_frozen_without_a_guardian_starts_one_for_the_whole_time()
    {
        Guest.Mount("/").FreezeFromOutside();
        Guest.Mount("/broken").OpenError = Errno.EIO;
        var agent = StartAgent(startsFrozen: true, timeout: TimeSpan.FromSeconds(900));

        Assert.Equal(Frozen, Ask(agent, "guest-fsfreeze-status"));
        Assert.Equal(["guardian of /", "arm 900", "is frozen"], Guest.TakeEvents(upTo: "is frozen"));
        Assert.Equal("""{"return": 1}""", Ask(agent, "guest-fsfreeze-thaw"));
        Assert.StartsWith("""{"return":""", Ask(agent, "guest-file-open", "{'path': '/x'}"));
    }

    [Fact]
    public void Agent_that_ends_thaws_first()
    {
        Guest.Mount("/");
        var agent = StartAgent();
        Ask(agent, "guest-fsfreeze-freeze");

        Assert.Equal(FreezeProtocol.MayEnd.Instance, MayEnd(agent, FreezeProtocol.WhileFrozen.Thaw));
        Assert.False(Guest.Mounted[0].IsFrozen);
        Assert.Contains("hook Thaw Exit", Guest.Events);
    }

    [Fact]
    public void Agent_that_hands_the_freeze_over_ends_and_leaves_the_guest_frozen()
    {
        Guest.Mount("/");
        var agent = StartAgent();
        Ask(agent, "guest-fsfreeze-freeze");

        Assert.Equal(FreezeProtocol.StaysFrozen.Instance, MayEnd(agent, FreezeProtocol.WhileFrozen.Stay));
        Assert.Equal(FreezeProtocol.MayEnd.Instance, MayEnd(agent, FreezeProtocol.WhileFrozen.HandOver));
        Assert.True(Guest.Mounted[0].IsFrozen);
        Assert.True(Marker.Exists());
    }

    /// <summary>A signal that comes while the guest is being frozen waits for what becomes of that.</summary>
    [Fact]
    public void Agent_that_is_to_end_in_the_middle_of_a_freeze_says_so_once_it_is_frozen()
    {
        var gate = new ManualResetEventSlim();
        Guest.Mount("/").FreezeGate = gate;
        var agent = StartAgent();
        var freeze = Send(agent, "guest-fsfreeze-freeze");
        AwaitFrozenOut(agent);
        agent.Tell(new FreezeProtocol.End(FreezeProtocol.WhileFrozen.Stay), TestActor);
        AwaitHandled(agent, "freeze");
        Assert.False(HasMessages);

        gate.Set();

        Assert.Equal("""{"return": 1}""", AnswerTo(freeze));
        ExpectMsg<FreezeProtocol.StaysFrozen>(TimeSpan.FromSeconds(30));
    }

    /// <summary>A signal that is not answered in time is decided without the actor; a freeze that is asked for then is refused.</summary>
    [Fact]
    public void Agent_that_ends_without_its_actor_begins_no_freeze()
    {
        Guest.Mount("/");
        var agent = StartAgent();

        Assert.True(Freeze.TryEnd());
        Assert.Equal("failed to freeze: the agent is ending", ErrorOf(Ask(agent, "guest-fsfreeze-freeze")));
    }

    [Fact]
    public void Agent_that_freezes_is_not_ended_without_its_actor()
    {
        var gate = new ManualResetEventSlim();
        Guest.Mount("/").FreezeGate = gate;
        var agent = StartAgent();
        var freeze = Send(agent, "guest-fsfreeze-freeze");
        AwaitFrozenOut(agent);

        Assert.False(Freeze.TryEnd());
        gate.Set();
        Assert.Equal("""{"return": 1}""", AnswerTo(freeze));
        Assert.False(Freeze.TryEnd());
    }

    private object MayEnd(IActorRef agent, FreezeProtocol.WhileFrozen whileFrozen)
    {
        agent.Tell(new FreezeProtocol.End(whileFrozen), TestActor);
        return ExpectMsg<object>(TimeSpan.FromSeconds(30));
    }

    private (FakeFile File, TestProbe Write) StartHangingWrite(IActorRef agent)
    {
        Ask(agent, "guest-file-open", "{'path': '/x', 'mode': 'w'}");
        var file = Files.Opened["/x"];
        file.Gate.Reset();
        var write = Send(agent, "guest-file-write", "{'handle': 1000, 'buf-b64': ''}");
        Eventually.True(() => !file.Calls.IsEmpty);
        return (file, write);
    }

    /// <summary>Waits until the domains are asked to come to rest.</summary>
    private void AwaitFrozenOut(IActorRef agent) => Eventually.True(
        () => Ask(agent, "guest-fstrim").Contains("frozen state", StringComparison.Ordinal));

    private List<string> EnabledIn(IActorRef agent) =>
        [.. JObject.Parse(Ask(agent, "guest-info"))["return"]!["supported_commands"]!
            .Where(command => (bool)command["enabled"]!)
            .Select(command => (string)command["name"]!)];

    /// <summary>Lets both clocks pass.</summary>
    private void Pass(TimeSpan time)
    {
        Clock.Advance(time);
        Time.Advance(time);
    }

    /// <summary>The answer of a command that waits for a bounded call which is held up.</summary>
    private string AnswerAfter(TimeSpan limit, TestProbe client)
    {
        Eventually.True(() => Guest.HeldUp > 0);
        Clock.Pass(limit);
        return AnswerTo(client);
    }

    private string AskUntilAnswered(IActorRef agent)
    {
        var answer = "";
        Eventually.True(() => (answer = Ask(agent, "guest-fsfreeze-freeze")).StartsWith("""{"return":""", StringComparison.Ordinal));
        return answer;
    }
}
