using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Configs;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Time.Testing;
using Qga.Client;
using Qga.Ctl.Groups;
using Qga.Testing;

namespace Qga.Ctl.Tests.Groups;

/// <summary>A group of guests that a test answers for. Time stands still.</summary>
public abstract class GroupFixture : TestKit
{
    private readonly TestProbe _transitions;

    protected GroupFixture()
        : base(TestConfigs.TestSchedulerConfig)
    {
        _transitions = ProbeOfTransitions();
        Clock = new GroupClock(Time);
        Begin("a", "b");
    }

    private protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    private protected GroupClock Clock { get; }

    private protected GroupLimits Limits { get; set; } = new();

    private protected Events Events { get; private set; } = null!;

    private protected FakeGuest[] Guests { get; private set; } = null!;

    private protected FakeSnapshot Snapshot { get; private set; } = null!;

    private protected FakeWatch Watcher { get; private set; } = null!;

    private protected IActorRef Group { get; private set; } = null!;

    /// <summary>All transitions so far, as the documentation has them.</summary>
    private protected HashSet<string> Chart { get; } = new(StringComparer.Ordinal);

    /// <summary>A new group of these guests.</summary>
    private protected void Begin(params string[] names)
    {
        Events = new Events();
        Guests = [.. names.Select(name => new FakeGuest(name, Events))];
        (Snapshot, Watcher) = (new FakeSnapshot(Events), new FakeWatch(Events));
    }

    private protected void Start()
    {
        Group = Sys.ActorOf(GroupActor.Props(Guests, Snapshot, Watcher, Limits, Clock));
        Group.Tell(GroupProtocol.Start.Instance, TestActor);
        Await("Preparing");
    }

    /// <summary>Waits until the group has come there.</summary>
    private protected void Await(string state)
    {
        var transition = _transitions.ExpectMsg<GroupProtocol.Transition>(Eventually.Patience);
        Chart.Add($"{transition.From}: {transition.On} -> {transition.To}");
        Assert.Equal(state, transition.To);
    }

    private protected void Prepare(bool hasEvidence = false)
    {
        Start();
        foreach (var guest in Guests)
            guest.Next("prepare").Return(new GuestFacts("10.0.0", null, hasEvidence));
        Await("Arming");
    }

    private protected void Arm(bool hasEvidence = false)
    {
        Prepare(hasEvidence);
        Watcher.Arming.SetResult();
        Await("Freezing");
    }

    /// <summary>Freezes all; each takes 10 ms longer than the one before.</summary>
    private protected void Freeze(bool hasEvidence = false)
    {
        Arm(hasEvidence);
        foreach (var guest in Guests)
        {
            Time.Advance(TimeSpan.FromMilliseconds(10));
            guest.Next("freeze").Return(new FreezeAnswer(2, TimeSpan.FromSeconds(42), Clock.Now, hasEvidence ? "1" : null));
        }

        Await("Frozen");
    }

    /// <summary>And the snapshot succeeds, 100 ms later.</summary>
    private protected void TakeSnapshot(bool hasEvidence = false)
    {
        Freeze(hasEvidence);
        Time.Advance(TimeSpan.FromMilliseconds(100));
        Snapshot.End();
        Await("Thawing");
    }

    private protected void Thaw(params long?[] counts)
    {
        foreach (var (guest, count) in Guests.Zip(counts))
        {
            Time.Advance(TimeSpan.FromMilliseconds(5));
            guest.Next("thaw").Return(new ThawAnswer(count, null, Clock.Now));
        }
    }

    private protected void Release(FakeGuest guest) => guest.Next("release").Return(new ThawAnswer(null, null, Clock.Now));

    private protected GroupReport Report()
    {
        Await("Done");
        return ExpectMsg<GroupReport>(Eventually.Patience);
    }

    private protected void Pass(TimeSpan time)
    {
        Time.Advance(time);
        ((TestScheduler)Sys.Scheduler).Advance(time);
    }

    private TestProbe ProbeOfTransitions()
    {
        var probe = CreateTestProbe();
        Sys.EventStream.Subscribe(probe, typeof(GroupProtocol.Transition));
        return probe;
    }

    private protected static FreezeEvidence Evidence(bool isConsistent, string id = "1", string state = "over") =>
        new(id, state, isConsistent, isConsistent ? null : "the hook has failed", []);

    private protected static QgaCommandException Refusal(string description) => new("guest-fsfreeze-freeze", "GenericError", description);
}
