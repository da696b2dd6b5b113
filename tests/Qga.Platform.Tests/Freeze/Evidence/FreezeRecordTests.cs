using Qga.Platform.Freeze.Evidence;
using static Qga.Platform.Freeze.Evidence.FreezeEventKind;

namespace Qga.Platform.Tests.Freeze.Evidence;

/// <summary>What the events of a freeze make of it: each decision of the verdict, and what is made of several who tell the same.</summary>
public sealed class FreezeRecordTests
{
    private readonly List<FreezeEvent> _events = [];
    private long _now;

    public FreezeRecordTests() => Note(Asked, "id", "boot", "guest-fsfreeze-freeze", "virtio-serial", "virtio", "900", "all");

    [Fact]
    public void Freeze_of_all_that_was_thawed_in_its_order_is_consistent()
    {
        Frozen("8:1", "8:2");
        Note(Ending, "Host", "virtio", "");
        Note(Thawed, "8:2", "Agent", "/8:2", "ext4");
        Note(Thawed, "8:1", "Agent", "/8:1", "ext4");

        var record = Over();

        Assert.Empty(record.Doubts);
        Assert.Equal((Moment(5), Moment(8)), record.Together);
        Assert.Equal((FreezeEnder.Host, "virtio", Moment(7)), (record.End!.By, record.End.Peer, record.End.At));
        Assert.Equal(new FreezeAsker("guest-fsfreeze-freeze", "virtio-serial", "virtio"), record.Asker);
        Assert.Equal((Moment(1), TimeSpan.FromSeconds(900)), (record.Began, record.Timeout));
        Assert.Null(record.MountPoints);
        Assert.Equal(
            [("/8:1", Moment(4), Moment(9)), ("/8:2", Moment(5), Moment(8))],
            record.FileSystems.Select(each => (each.MountPoint, each.FrozenAt!.Value, each.ThawedAt!.Value)));
    }

    [Theory]
    [InlineData("Deadline")]
    [InlineData("Exit")]
    [InlineData("ForeignThaw")]
    public void Whoever_ends_it_what_stayed_frozen_until_then_is_consistent(string by)
    {
        Frozen("8:1");
        Note(Ending, by, "", "");
        Note(Thawed, "8:1", "Guardian", "", "");

        Assert.Empty(Over().Doubts);
    }

    [Fact]
    public void Freeze_that_is_going_on_has_an_interval_without_an_end()
    {
        Frozen("8:1");

        var record = FreezeRecord.Of(_events)!;

        Assert.Equal((Moment(3), (Moment?)null), record.Together);
        Assert.False(record.IsOver);
    }

    [Fact]
    public void Failure_is_the_reason_whatever_else_is_odd()
    {
        Note(Opened, "8:1", "/", "ext4");
        Note(Ending, "Failure", "", "failed to freeze /: no answer within 8 s");

        var record = Over();

        Assert.Equal(["failed to freeze /: no answer within 8 s"], record.Doubts);
        Assert.Null(record.Together);
    }

    [Fact]
    public void Nothing_is_worth_nothing()
    {
        Note(Complete);
        Note(Ending, "Failure", "", "");

        Assert.Equal(["nothing was frozen"], Over().Doubts);
    }

    [Fact]
    public void Filesystem_that_was_thawed_by_somebody_else_spoils_the_interval()
    {
        Frozen("8:1", "8:2");
        Note(Ending, "Host", "", "");
        Note(FoundThawed, "8:2");
        Note(Thawed, "8:1", "Agent", "/8:1", "ext4");

        var record = Over();

        Assert.Equal(["/8:2 was thawed by somebody else, nobody knows when"], record.Doubts);
        Assert.Null(record.Together);
        Assert.Equal(Thawer.SomebodyElse, record.FileSystems[1].ThawedBy);
    }

    [Fact]
    public void Filesystem_that_does_not_answer_the_thaw_may_not_have_been_frozen()
    {
        Frozen("8:1");
        Note(Ending, "Host", "", "");
        Note(Unanswered, "8:1", "no answer within 2 s");

        Assert.Equal(["/8:1 does not say whether it was frozen until the end: no answer within 2 s"], Over().Doubts);
    }

    [Fact]
    public void Filesystem_of_which_nobody_says_anything_may_not_have_been_frozen()
    {
        Frozen("8:1");
        Note(Ending, "ForeignThaw", "", "");

        Assert.Equal(["nobody knows when /8:1 was thawed"], Over().Doubts);
    }

    /// <summary>The agent and its guardian may thaw at the same time, and each finds thawed what the other has thawed.</summary>
    [Fact]
    public void Of_two_who_thaw_the_first_counts_and_nobody_else_is_blamed()
    {
        Frozen("8:1", "8:2");
        Note(Ending, "Deadline", "", "");
        Note(Thawed, "8:1", "Agent", "/8:1", "ext4");
        Note(FoundThawed, "8:1");
        Note(FoundThawed, "8:2");
        Note(Unanswered, "8:2", "no answer");
        Note(Thawed, "8:2", "Guardian", "", "");
        Note(Thawed, "8:2", "Agent", "/8:2", "ext4");
        Note(Ending, "Host", "virtio", "");

        var record = Over();

        Assert.Empty(record.Doubts);
        Assert.Equal([Thawer.Agent, Thawer.Guardian], record.FileSystems.Select(each => each.ThawedBy!.Value));
        Assert.Equal(FreezeEnder.Deadline, record.End!.By);
        Assert.Equal(Moment(8), record.Together!.Value.To);
    }

    [Fact]
    public void What_was_thawed_before_all_was_frozen_was_never_frozen_together()
    {
        Note(Opened, "8:1", "/", "ext4");
        Note(Opened, "8:2", "/home", "ext4");
        Note(Froze, "8:2");
        Note(Thawed, "8:2", "Guardian", "", "");
        Note(Froze, "8:1");
        Note(Complete);
        Note(Thawed, "8:1", "Agent", "/", "ext4");

        Assert.Equal(["there was no time in which all was frozen"], Over().Doubts);
    }

    [Fact]
    public void Agent_that_has_ended_before_all_was_frozen_has_not_frozen_all()
    {
        Note(Opened, "8:1", "/", "ext4");
        Note(Froze, "8:1");
        Note(Ending, "Deadline", "", "");
        Note(Thawed, "8:1", "Guardian", "", "");

        var record = Over();

        Assert.Equal(["the agent has ended before all was frozen"], record.Doubts);
        Assert.Null(record.Together);
    }

    [Theory]
    [InlineData("missed", "/named was not frozen: it can't be frozen")]
    [InlineData("", null)]
    public void What_is_left_out_counts_if_it_was_asked_for(string missed, string? doubt)
    {
        Note(LeftOut, "/named", "vfat", "8:9", "it can't be frozen", missed);
        Frozen("8:1");
        Note(Thawed, "8:1", "Agent", "/8:1", "ext4");

        Assert.Equal(doubt is null ? [] : [doubt], Over().Doubts);
    }

    [Theory]
    [InlineData("freeze")]
    [InlineData("thaw")]
    public void Hook_that_has_failed_or_not_told_how_it_went_counts(string action)
    {
        Note(HookBegan, action, "request");
        Note(HookEnded, "exit status 1");
        Frozen("8:1");
        Note(Thawed, "8:1", "Agent", "/8:1", "ext4");
        Note(HookBegan, "thaw", "deadline");

        var record = Over();

        Assert.Equal([$"the {action} hook has failed: exit status 1", "nobody knows how the thaw hook has ended"], record.Doubts);
        Assert.Equal([(Moment(2), (Moment?)Moment(3)), (Moment(8), null)], record.Hooks.Select(hook => (hook.Began, hook.Ended)));
    }

    [Fact]
    public void Freeze_that_was_found_knows_its_end_alone()
    {
        _events.Clear();
        Note(Found, "id", "boot");
        Note(KeptBy, "77");
        Note(Ending, "Host", "virtio", "");
        Note(Thawed, "8:1", "Agent", "/", "ext4");

        var record = Over();

        Assert.Equal(["nobody knows how it began"], record.Doubts);
        Assert.Equal(("/", "ext4", (Moment?)null), (record.FileSystems[0].MountPoint, record.FileSystems[0].Type, record.FileSystems[0].FrozenAt));
        Assert.Equal([77], record.Keepers);
    }

    [Fact]
    public void What_others_froze_is_no_part_of_it_when_the_thaw_frees_it()
    {
        Note(Opened, "8:5", "/foreign", "ext4");
        Note(NotFrozen, "8:5", "it is frozen already, by somebody else", "missed");
        Frozen("8:1");
        Note(Thawed, "8:5", "Agent", "/foreign", "ext4");
        Note(Thawed, "8:9", "Agent", "/other", "ext4");
        Note(Thawed, "8:1", "Agent", "/8:1", "ext4");

        var record = Over();

        Assert.Equal(["/foreign was not frozen: it is frozen already, by somebody else"], record.Doubts);
        Assert.Equal(["/foreign", "/8:1"], record.FileSystems.Select(each => each.MountPoint));
        Assert.Null(record.FileSystems[0].ThawedAt);
    }

    /// <summary>An agent that was killed may have frozen one more than it could note.</summary>
    [Fact]
    public void What_was_found_frozen_was_thawed_whoever_has_noted_that_it_was_frozen()
    {
        Note(Opened, "8:1", "/", "ext4");
        Note(Ending, "Deadline", "", "");
        Note(Thawed, "8:1", "Guardian", "", "");

        var record = Over();

        Assert.Equal((null, Moment(4), Thawer.Guardian), (record.FileSystems[0].FrozenAt, record.FileSystems[0].ThawedAt, record.FileSystems[0].ThawedBy));
        Assert.Equal(["the agent has ended before all was frozen"], record.Doubts);
    }

    [Fact]
    public void Mount_points_go_by_the_names_that_a_host_knows()
    {
        Note(Opened, "8:1", "/caf\uDCE9", "ext4");
        Note(Opened, "8:2", "/caf\uDCE8", "ext4");
        Note(Opened, "8:3", "/th\uDCE9", "ext4");
        Note(Opened, "8:4", "/back\\slash", "ext4");

        Assert.Equal([@"/caf\xe9", @"/caf\xe8", "/th\uFFFD", @"/back\slash"], Over().FileSystems.Select(each => each.MountPoint));
    }

    [Fact]
    public void Many_that_are_missed_are_counted()
    {
        Frozen([.. Enumerable.Range(1, 500).Select(number => $"8:{number}")]);
        Note(Ending, "ForeignThaw", "", "");

        var doubts = Over().Doubts;

        Assert.Equal((4, "and 497 more"), (doubts.Count, doubts[^1]));
    }

    [Fact]
    public void Events_that_make_no_sense_are_passed_over()
    {
        Frozen("8:1");
        Note(Froze, "8:77");
        Note(Froze);
        Note(Ending, "Nobody", "", "");
        Note(Thawed, "8:1", "Nobody", "/", "ext4");
        Note(HookEnded);
        Note(KeptBy, "-1");

        Assert.Equal(["nobody knows when /8:1 was thawed"], Over().Doubts);
        Assert.Null(FreezeRecord.Of([new FreezeEvent(Froze, default, "8:1")]));
    }

    private static Moment Moment(long at) => new(at, at);

    private void Note(FreezeEventKind kind, params string[] values) => _events.Add(new FreezeEvent(kind, Moment(++_now), values));

    private void Frozen(params string[] devices)
    {
        foreach (var device in devices)
            Note(Opened, device, $"/{device}", "ext4");
        foreach (var device in devices)
            Note(Froze, device);
        Note(Complete);
    }

    private FreezeRecord Over()
    {
        Note(Ended);
        return FreezeRecord.Of(_events)!;
    }
}
