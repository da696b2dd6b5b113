using Akka.Actor;
using Qga.Ctl.Groups;
using Qga.Testing;

namespace Qga.Ctl.Tests.Groups;

/// <summary>The table of docs/group-freeze.md and the behaviours of <see cref="GroupActor"/> are held against each other: no row more or less.</summary>
public sealed class GroupChartTests : GroupFixture
{
    private static readonly string Page = Repository.PathOf("docs/group-freeze.md");

    [Fact]
    public void Group_goes_where_the_documentation_says_and_nowhere_else()
    {
        Refusals();
        Interruptions();
        FreezesThatFail();
        Snapshots();
        Thaws();

        Assert.Equal(Documented(), Chart.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Rows_of_who_dies_when_name_tests_that_are_there()
    {
        var tests = typeof(GroupChartTests).Assembly.GetTypes().SelectMany(type => type.GetMethods()).Select(method => method.Name).ToHashSet(StringComparer.Ordinal);
        var named = File.ReadLines(Page).SkipWhile(line => line != "## Who dies when").Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(line => line.StartsWith('|')).SelectMany(line => line.Split('|')[^2].Split('`').Where((_, part) => part % 2 == 1)).ToList();
        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains(tests, test => name.EndsWith("_...", StringComparison.Ordinal) ? test.StartsWith(name[..^3], StringComparison.Ordinal) : test == name));
    }

    private void Refusals()
    {
        Again();
        Start();
        Guests[0].Next("prepare").Return(new GuestFacts("10.0.0", null, false));
        Guests[1].Next("prepare").Return(new GuestFacts("10.0.0", "it is frozen already", false));
        Report();

        // Whichever comes home last is what it goes on.
        Begin("a");
        Start();
        Guests[0].Next("prepare").Fail(new InvalidOperationException());
        Report();

        Again();
        Prepare();
        Watcher.Arming.SetException(new ThawWatchException("none"));
        Report();
    }

    private void Interruptions()
    {
        foreach (var reach in new Action[] { Start, () => Prepare() })
        {
            Again();
            reach();
            Interrupt();
            Report();
        }

        Again();
        Arm();
        Interrupt();
        Await("Thawing");
        foreach (var guest in Guests)
        {
            guest.Next("freeze");
            Release(guest);
        }

        Report();

        Again();
        Freeze();
        Interrupt();
        Await("Thawing");
        EndSlowSnapshot();
        Report();

        Again();
        TakeSnapshot(hasEvidence: true);
        Thaw(2, 2);
        Await("Proving");
        Interrupt();
        Report();
    }

    private void FreezesThatFail()
    {
        foreach (var isRefused in new[] { false, true })
        {
            Again();
            Arm();
            Guests[1].Next("freeze");
            if (isRefused)
                Guests[0].Next("freeze").Fail(Refusal("no"));
            else
                Guests[0].Next("freeze").Return(new FreezeAnswer(0, null, Clock.Now));
            Await("Thawing");
            Release(Guests[1]);
            Guests[0].Next(isRefused ? "release" : "thaw").Return(new ThawAnswer(0, null, Clock.Now));
            Report();
        }

        foreach (var fail in new Action[] { () => Pass(Limits.Freeze), () => Watcher.Die() })
        {
            Again();
            Arm();
            fail();
            Await("Thawing");
            foreach (var guest in Guests)
            {
                guest.Next("freeze");
                Release(guest);
            }

            Report();
        }
    }

    private void Snapshots()
    {
        foreach (var end in new Action[] { () => Pass(Limits.Snapshot), () => Watcher.Die() })
        {
            Again();
            Freeze();
            end();
            Await("Thawing");
            EndSlowSnapshot();
            Report();
        }

        Again();
        Freeze(hasEvidence: true);
        Pass(Limits.Snapshot);
        Await("Thawing");
        EndSlowSnapshot();
        Await("Proving");
        foreach (var guest in Guests)
            guest.Next("evidence").Return(null);
        Report();
    }

    private void Thaws()
    {
        Again();
        TakeSnapshot();
        Thaw(2, 2);
        Report();

        foreach (var hasEvidence in new[] { false, true })
        {
            Again();
            TakeSnapshot(hasEvidence);
            Thaw(2);
            Eventually.True(() => Events.All.Contains("watch: 0 thawed"));
            Pass(Limits.Thaw);
            if (hasEvidence)
            {
                Await("Proving");
                Pass(Limits.Evidence);
            }

            Report();
        }
    }

    private void Again() => Begin("a", "b");

    private void Interrupt() => Group.Tell(GroupProtocol.Interrupt.Instance);

    /// <summary>The guests are thawed, and then the snapshot ends.</summary>
    private void EndSlowSnapshot()
    {
        Thaw(2, 2);
        Eventually.True(() => Events.All.Count(happened => happened.StartsWith("watch: ", StringComparison.Ordinal) && happened.EndsWith(" thawed", StringComparison.Ordinal)) == 2);
        Snapshot.End("it was ended");
    }

    private static List<string> Documented()
    {
        var rows =
            from line in File.ReadLines(Page)
            let cells = line.Split('|', StringSplitOptions.TrimEntries)
            where cells.Length == 6 && cells[2].StartsWith('`')
            from message in cells[2].Split(", ")
            select $"{cells[1]}: {message.Trim('`')} -> {cells[3]}";
        return [.. rows.Order(StringComparer.Ordinal)];
    }
}
