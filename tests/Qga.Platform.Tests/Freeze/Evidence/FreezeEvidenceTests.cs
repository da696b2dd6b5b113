using Qga.Platform.Freeze.Evidence;
using Qga.Platform.Native;
using Qga.Platform.Storage;

namespace Qga.Platform.Tests.Freeze.Evidence;

/// <summary>A record that one process begins and another goes on with, by the journal in memory.</summary>
public sealed class FreezeEvidenceTests : IDisposable
{
    private static readonly MountPoint Root = new("/", "ext4", new DeviceNumber(8, 1));
    private static readonly MountPoint Home = new("/home", "xfs", new DeviceNumber(8, 2));

    private readonly string _memory = Directory.CreateDirectory($"/dev/shm/qga-test-{Guid.NewGuid():n}", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
    private readonly FakeBootClock _clock = new();
    private readonly List<FreezeRecord> _records = [];

    public void Dispose() => Directory.Delete(_memory, recursive: true);

    private string[] Journals => Directory.GetFiles(_memory, "*.journal");

    [Fact]
    public void Record_goes_on_with_the_next_agent_and_the_journal_goes_with_the_end()
    {
        var first = Evidence();
        Freeze(first, "marker");

        var second = Evidence();
        second.TakeOver("marker");
        Assert.Equal(2, second.Current!.Keepers.Count);
        Thaw(second, Root, Home);

        var record = Assert.Single(_records);
        Assert.Empty(record.Doubts);
        Assert.Equal(first.Current!.Id, record.Id);
        Assert.Equal([Ms(2), Ms(3)], record.FileSystems.Select(each => each.FrozenAt!.Value.Boot));
        Assert.Empty(Journals);
        Assert.Null(second.Current);
    }

    [Fact]
    public void What_the_next_agent_finds_thawed_it_tells()
    {
        Freeze(Evidence(), "marker");
        var second = Evidence();
        second.TakeOver("marker");
        second.Ending(FreezeEnder.Host);
        second.FoundThawed(Root);
        second.Thawed(Home, second.Now);
        second.End();

        Assert.Equal(["/ was thawed by somebody else, nobody knows when"], Assert.Single(_records).Doubts);
    }

    [Fact]
    public void Journal_of_another_freeze_is_not_gone_on_with()
    {
        Freeze(Evidence(), "marker");
        var second = Evidence();
        second.TakeOver("another");

        Assert.Equal(["nobody knows when / was thawed", "nobody knows when /home was thawed"], Assert.Single(_records).Doubts);
        Assert.Null(second.Current!.Asker);
        Thaw(second, Root);
        Assert.Equal(["nobody knows how it began"], _records[1].Doubts);
        Assert.NotEqual(_records[0].Id, _records[1].Id);
    }

    [Fact]
    public void Marker_that_is_not_known_is_taken_for_that_of_the_journal()
    {
        Freeze(Evidence(), "marker");
        var second = Evidence();
        second.TakeOver(marker: null);
        Thaw(second, Root, Home);

        Assert.Empty(Assert.Single(_records).Doubts);
    }

    [Fact]
    public void Part_of_the_guardian_is_in_the_record_of_whoever_asks_next()
    {
        var first = Evidence();
        Freeze(first, "marker");
        _clock.Pass(TimeSpan.FromMilliseconds(1));
        GuardianThaws(first);

        Evidence().CompleteLeftover();

        var record = Assert.Single(_records);
        Assert.Empty(record.Doubts);
        Assert.Equal(FreezeEnder.Deadline, record.End!.By);
        Assert.All(record.FileSystems, each => Assert.Equal(Thawer.Guardian, each.ThawedBy));
        Assert.Empty(Journals);
    }

    [Fact]
    public void Agent_that_hung_takes_the_part_of_its_guardian_for_the_end()
    {
        var evidence = Evidence();
        Freeze(evidence, "marker");
        GuardianThaws(evidence);
        _clock.Pass(TimeSpan.FromMilliseconds(1));
        evidence.Ending(FreezeEnder.ForeignThaw);
        evidence.End();

        var record = Assert.Single(_records);
        Assert.Equal((FreezeEnder.Deadline, 0), (record.End!.By, record.Doubts.Count));
    }

    [Theory]
    [InlineData(false, "Failure", "the agent has ended before it was complete")]
    [InlineData(true, "ForeignThaw", "nobody knows when / was thawed")]
    public void What_an_agent_has_left_in_the_middle_is_told_by_the_next(bool isFrozen, string by, string reason)
    {
        var first = Evidence();
        first.Begin(new FreezeAsker("guest-fsfreeze-freeze", null, null), mountPoints: null, timeout: null);
        first.Opened([Root]);
        if (isFrozen)
        {
            first.Froze(Root);
            first.FreezeComplete();
        }

        Evidence().Begin(new FreezeAsker("guest-fsfreeze-freeze", null, null), mountPoints: null, timeout: null);

        var record = Assert.Single(_records);
        Assert.Equal((by, reason), ($"{record.End!.By}", Assert.Single(record.Doubts)));
        Assert.Single(Journals);
    }

    [Fact]
    public void What_the_guardian_has_thawed_of_the_rest_counts_if_that_is_all_of_it()
    {
        var evidence = Evidence();
        Freeze(evidence, "marker");
        evidence.Ending(FreezeEnder.Host);
        evidence.Thawed(Root, evidence.Now);
        evidence.ThawedRest(1, evidence.Now);
        evidence.End();
        Freeze(evidence, "marker");
        evidence.Ending(FreezeEnder.Host);
        evidence.ThawedRest(1, evidence.Now);
        evidence.End();

        Assert.Equal([0, 2], _records.Select(record => record.Doubts.Count));
        Assert.Equal(Thawer.Guardian, _records[0].FileSystems[1].ThawedBy);
    }

    [Fact]
    public void Nothing_is_noted_where_nothing_is_frozen()
    {
        var evidence = Evidence();
        evidence.Ending(FreezeEnder.Host);
        evidence.HookBegan("thaw", "request");
        evidence.HookEnded(failure: null);
        evidence.Thawed(Root, evidence.Now);
        evidence.FoundThawed(Root);
        evidence.End();
        evidence.CompleteLeftover();

        Assert.Empty(_records);
        Assert.Empty(Journals);
        Assert.Null(evidence.Current);
    }

    [Fact]
    public void Line_that_was_cut_off_costs_no_more_than_itself()
    {
        var first = Evidence();
        Freeze(first, "marker");
        File.AppendAllText(Assert.Single(Journals), "Thawed\t12");

        Evidence().CompleteLeftover();

        Assert.Equal(2, Assert.Single(_records).FileSystems.Count);
    }

    [Fact]
    public void Where_nothing_is_in_memory_nothing_is_written()
    {
        var disk = Directory.CreateTempSubdirectory("qga-test-").FullName;
        try
        {
            if (LibC.IsInMemory(disk))
                return;
            var evidence = new FreezeEvidence(_clock, _memory, disk) { Completed = _records.Add };
            Freeze(evidence, "marker");
            Thaw(evidence, Root, Home);

            Assert.Empty(Directory.GetFileSystemEntries(disk));
            Assert.Empty(Assert.Single(_records).Doubts);
        }
        finally
        {
            Directory.Delete(disk);
        }
    }

    private static long Ms(int milliseconds) => milliseconds * 1_000_000L;

    private FreezeEvidence Evidence() => new(_clock, _memory, _memory) { Completed = _records.Add };

    private void Freeze(FreezeEvidence evidence, string marker)
    {
        evidence.Begin(new FreezeAsker("guest-fsfreeze-freeze", "virtio-serial", "virtio"), mountPoints: null, TimeSpan.FromSeconds(900));
        evidence.Opened([Root, Home]);
        _clock.Pass(TimeSpan.FromMilliseconds(1));
        evidence.Marked(marker);
        foreach (var mountPoint in (MountPoint[])[Root, Home])
        {
            _clock.Pass(TimeSpan.FromMilliseconds(1));
            evidence.Froze(mountPoint);
        }

        evidence.FreezeComplete();
    }

    private void Thaw(FreezeEvidence evidence, params MountPoint[] mountPoints)
    {
        evidence.Ending(FreezeEnder.Host, "virtio");
        foreach (var mountPoint in mountPoints)
        {
            _clock.Pass(TimeSpan.FromMilliseconds(1));
            evidence.Thawed(mountPoint, evidence.Now);
        }

        evidence.End();
    }

    private void GuardianThaws(FreezeEvidence evidence) => Assert.True(evidence.Journal!.TryWrite(
        new FreezeEvent(FreezeEventKind.Ending, Moment.Now(_clock), "Deadline", "", ""),
        new FreezeEvent(FreezeEventKind.Thawed, Moment.Now(_clock), "8:1", "Guardian", "", ""),
        new FreezeEvent(FreezeEventKind.Thawed, Moment.Now(_clock), "8:2", "Guardian", "", ""),
        new FreezeEvent(FreezeEventKind.Ended, Moment.Now(_clock))));
}
