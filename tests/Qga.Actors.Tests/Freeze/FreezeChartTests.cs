using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Qga.Actors.Freeze;
using Qga.Platform.Freeze;
using Qga.Platform.Native;
using Qga.Platform.State;
using Qga.Platform.Storage;
using Qga.Testing;

namespace Qga.Actors.Tests.Freeze;

/// <summary>The table of docs/freeze.md and the behaviours of <see cref="FreezeActor"/> are held against each other: no row more or less.</summary>
public sealed class FreezeChartTests : AgentFixture
{
    private readonly Recorder _recorder = new();

    [Fact]
    public void Actor_goes_where_the_documentation_says_and_nowhere_else()
    {
        Sys.EventStream.Subscribe(Sys.ActorOf(Props.Create(() => new Listener(_recorder))), typeof(FreezeProtocol.Transition));
        Guest.Mount("/");

        FreezeAndThaw();
        Refusals();
        FreezesThatFail();
        EndsThatTheHostDidNotAskFor();
        GuardianThatDies();
        TakeOvers();

        Assert.Equal(Documented(), _recorder.Rows.Order(StringComparer.Ordinal));
    }

    private void FreezeAndThaw()
    {
        var agent = StartAgent();
        Ask(agent, "guest-fsfreeze-thaw");
        Ask(agent, "guest-fsfreeze-freeze");
        Ask(agent, "guest-fsfreeze-status");
        Ask(agent, "guest-fsfreeze-thaw");
    }

    private void Refusals()
    {
        var agent = StartAgent();
        Guest.HookFailure = new FreezeHookException("busy", wasKilled: false);
        Ask(agent, "guest-fsfreeze-freeze");
        Guest.HookFailure = new FreezeHookException("took too long", wasKilled: true);
        Ask(agent, "guest-fsfreeze-freeze");
        Guest.HookFailure = null;
    }

    private void FreezesThatFail()
    {
        var agent = StartAgent();
        var root = Guest.Mounted[0];
        root.OpenError = Errno.EACCES;
        Ask(agent, "guest-fsfreeze-freeze");
        root.OpenError = Errno.Success;
        root.FreezeError = Errno.EIO;
        Ask(agent, "guest-fsfreeze-freeze");
        root.FreezeError = Errno.Success;
        root.FreezeFromOutside();
        Ask(agent, "guest-fsfreeze-freeze");
        Ask(agent, "guest-fsfreeze-thaw");

        Ask(agent, "guest-file-open", "{'path': '/x', 'mode': 'w'}");
        var file = Files.Opened["/x"];
        file.Gate.Reset();
        Send(agent, "guest-file-write", "{'handle': 1000, 'buf-b64': ''}");
        Eventually.True(() => !file.Calls.IsEmpty);
        var freeze = Send(agent, "guest-fsfreeze-freeze");
        AwaitState("Quiescing");
        AwaitHandled(agent, "freeze");
        Time.Advance(FreezeActor.QuiesceTimeout);
        AnswerTo(freeze);
        file.Gate.Set();
    }

    private void EndsThatTheHostDidNotAskFor()
    {
        var agent = StartAgent();
        FreezeFor(agent, "{'timeout': 5}");

        // The timer first, with time left by the clock; then the other way round.
        Time.Advance(TimeSpan.FromSeconds(5));
        AwaitState("Looking", "Frozen");
        Clock.Advance(TimeSpan.FromSeconds(5));
        Time.Advance(FreezeActor.LookInterval);
        AwaitState("Thawed");

        FreezeFor(agent);
        ThawFromOutside();
        AwaitState("Thawed");

        FreezeFor(agent);
        agent.Tell(new FreezeProtocol.End(FreezeProtocol.WhileFrozen.Thaw), TestActor);
        ExpectMsg<FreezeProtocol.MayEnd>(TimeSpan.FromSeconds(30));
        AwaitState("Thawed");
    }

    private void GuardianThatDies()
    {
        var agent = StartAgent();
        FreezeFor(agent);
        Guest.Guardians[^1].Die();
        AwaitState("Guarding", "Frozen");
        Guest.Mounted[0].TryThaw();
        Guest.Guardians[^1].Die(thawed: 1);
        AwaitState("Thawed");
    }

    /// <summary>And what becomes of a step that ends in a bug: the freeze goes on, and so does the way out of it.</summary>
    private void TakeOvers()
    {
        Marker.Create();
        Ask(StartAgent(startsFrozen: true), "guest-fsfreeze-thaw");

        Ask(TakeOver(new BrokenGuardian(Guest) { BreaksIn = nameof(IFreezeGuardian.Mark) }), "guest-fsfreeze-thaw");
        Ask(TakeOver(new BrokenGuardian(Guest) { BreaksIn = nameof(IFreezeGuardian.TryThaw) }), "guest-fsfreeze-thaw");

        var dying = new BrokenGuardian(Guest) { BreaksIn = nameof(IDisposable.Dispose) };
        var agent = TakeOver(dying);
        dying.Die();
        AwaitState("Guarding", "Frozen");
        dying.BreaksIn = null;
        Guest.ThawHookFailure = new FreezeHookException("busy", wasKilled: false);
        Ask(agent, "guest-fsfreeze-thaw");
        Guest.ThawHookFailure = null;

        TakeOver(new BrokenGuardian(Guest) { BreaksIn = nameof(IFreezeGuardian.Dismiss) });
        ThawFromOutside();
        AwaitState("Thawed");
    }

    /// <summary>Somebody else thaws the guest, which the agent notices at its next look.</summary>
    private void ThawFromOutside()
    {
        Guest.Mounted[0].TryThaw();
        File.Delete(Marker.Path);
        Time.Advance(FreezeActor.LookInterval);
    }

    /// <summary>Returns once the timers are set that follow from it.</summary>
    private void FreezeFor(IActorRef agent, string arguments = "{}")
    {
        Ask(agent, "guest-fsfreeze-freeze", arguments);
        AwaitState("Frozen");
    }

    private IActorRef TakeOver(BrokenGuardian guardian)
    {
        Marker.Create();
        var agent = StartAgent(startsFrozen: true, leftBehind: guardian);
        AwaitState("Frozen");
        return agent;
    }

    private void AwaitState(params string[] states) => Eventually.True(() => _recorder.EndsWith(states), string.Join(" then ", states));

    private static List<string> Documented()
    {
        var rows =
            from line in File.ReadLines(Path.Combine(Repository.Root, "docs", "freeze.md"))
            let cells = line.Split('|', StringSplitOptions.TrimEntries)
            where cells.Length == 6 && cells[2].StartsWith('`')
            from message in cells[2].Split(", ")
            select $"{cells[1]}: {message.Trim('`')} -> {cells[3]}";
        return [.. rows.Order(StringComparer.Ordinal)];
    }

    /// <summary>All transitions of all agents, in their order.</summary>
    private sealed class Recorder
    {
        private readonly ConcurrentQueue<FreezeProtocol.Transition> _transitions = new();

        internal IEnumerable<string> Rows => _transitions.Select(each => $"{each.From}: {each.On} -> {each.To}").Distinct();

        internal void Add(FreezeProtocol.Transition transition) => _transitions.Enqueue(transition);

        internal bool EndsWith(string[] states) => _transitions.TakeLast(states.Length).Select(each => each.To).SequenceEqual(states);
    }

    /// <summary>A guardian with a bug.</summary>
    private sealed class BrokenGuardian(FakeGuest guest) : IFreezeGuardian
    {
        private readonly FakeGuardian _whole = new(guest);

        /// <summary>The member that fails; null for none.</summary>
        internal string? BreaksIn { get; set; }

        public IReadOnlyList<string> Warnings => _whole.Warnings;

        public TimeSpan? Remaining => _whole.Remaining;

        public Task<int?> Ended => _whole.Ended;

        public void Arm(TimeSpan? timeout) => _whole.Arm(timeout);

        public void Mark(FrozenMarker marker) => Break();

        public void EndFreezing()
        {
        }

        public bool? TryThaw(MountPoint mountPoint)
        {
            Break();
            return null;
        }

        public void Disarm(TimeSpan patience) => _whole.Disarm(patience);

        public int? Dismiss(TimeSpan patience)
        {
            Break();
            return _whole.Dismiss(patience);
        }

        public void Dispose() => Break();

        internal void Die() => _whole.Die();

        private void Break([CallerMemberName] string member = "")
        {
            if (BreaksIn == member)
                throw new InvalidOperationException(member);
        }
    }

    private sealed class Listener(Recorder recorder) : UntypedActor
    {
        protected override void OnReceive(object message) => recorder.Add((FreezeProtocol.Transition)message);
    }
}
