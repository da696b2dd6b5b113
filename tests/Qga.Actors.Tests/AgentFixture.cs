using System.Buffers;
using System.Text;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Configs;
using Akka.TestKit.Xunit2;
using Newtonsoft.Json.Linq;
using Qga.Actors.Commands;
using Qga.Actors.Files;
using Qga.Actors.Freeze;
using Qga.Actors.Processors;
using Qga.Actors.Storage;
using Qga.Actors.Tests.Accounts;
using Qga.Actors.Tests.Files;
using Qga.Actors.Tests.Identity;
using Qga.Actors.Tests.Network;
using Qga.Actors.Tests.Power;
using Qga.Actors.Tests.Processes;
using Qga.Actors.Tests.Processors;
using Qga.Actors.Tests.Storage;
using Qga.Actors.Tests.Timekeeping;
using Qga.Platform.Audit;
using Qga.Platform.Freeze;
using Qga.Platform.Freeze.Evidence;
using Qga.Platform.State;
using Qga.Platform.Work;
using Qga.Testing;
using Qga.Transport;
using Qga.Transport.Activity;
using Qga.Transport.Protocol;

namespace Qga.Actors.Tests;

/// <summary>A whole supervisor with its domains on fake files, and a test in the place of its transport. Time stands still.</summary>
public abstract class AgentFixture : TestKit
{
    private readonly ScratchDirectory _scratch = new();
    private int _handle = 999;
    private long _sequence;

    protected AgentFixture()
        : base(TestConfigs.TestSchedulerConfig) => Marker = new FrozenMarker(_scratch.Root);

    internal FakeFiles Files { get; } = new();

    internal AuditLines Audit { get; } = new();

    internal WorkerPool Workers { get; } = new(mostStuck: 4);

    private protected TestScheduler Time => (TestScheduler)Sys.Scheduler;

    internal FakeGuest Guest { get; } = new();

    internal FakeBlocks Blocks { get; } = new();

    internal FakeNetwork Network { get; } = new();

    internal FakeProcessors Processors { get; } = new();

    internal FakeIdentity Identity { get; } = new();

    internal FakeClock GuestClock { get; } = new();

    internal FakePower Power { get; } = new();

    internal FakeAccounts GuestAccounts { get; } = new();

    internal FakeProcesses Processes { get; } = new();

    internal FrozenMarker Marker { get; }

    /// <summary>Of the agent that was started last.</summary>
    internal FreezeView Freeze { get; private set; } = null!;

    /// <inheritdoc cref="Freeze"/>
    internal FreezeLedger Ledger { get; private set; } = null!;

    /// <summary>For what is bounded; stands still too.</summary>
    internal LimitClock Clock { get; } = new();

    private protected IActorRef StartAgent(
        CommandCatalog? catalog = null,
        CommandFilter? filter = null,
        Func<long>? nextHandle = null,
        bool startsFrozen = false,
        IFreezeGuardian? leftBehind = null,
        TimeSpan? timeout = null,
        params string[] excluded)
    {
        var freezeWorkers = new WorkerPool(mostStuck: 64);
        var calls = new BoundedCalls(freezeWorkers, Clock);
        var evidence = new FreezeEvidence(Clock);
        Freeze = new FreezeView(startsFrozen) { Settled = () => Guest.Note(Freeze.Facts.IsThawed ? "is thawed" : "is frozen") };
        Ledger = new FreezeLedger(evidence, file: null, Audit, Freeze.Tally);
        Ledger.Open(startsFrozen);
        return Sys.ActorOf(AgentSupervisor.Props(new AgentServices
        {
            Catalog = catalog ?? GuestCommands.Catalog,
            Filter = filter ?? new CommandFilter([], []),
            Audit = Audit,
            Workers = Workers,
            Files = new FileOpening(Files, nextHandle ?? (() => Interlocked.Increment(ref _handle))),
            FreezeSteps = new FreezeSteps(
                new FreezeSettings(startsFrozen, timeout, new FreezeExclusions(excluded), HookLimit: TimeSpan.FromMinutes(1)),
                new FreezePlatform(Guest, Guest, Marker, Guest, Guest, Guest)
                {
                    Hook = Guest,
                    LeftBehind = leftBehind,
                    Evidence = evidence,
                },
                calls,
                Clock),
            FreezeLedger = Ledger,
            FreezeView = Freeze,
            FreezeWorkers = freezeWorkers,
            Storage = new GuestStorage(Guest, Blocks, new FileSystemUsages(Blocks, freezeWorkers, Clock), new FileSystemTrimmer(Guest, calls)),
            Network = Network,
            Processors = new GuestProcessors(Processors, Processors),
            Identity = Identity,
            Clock = GuestClock,
            Power = Power,
            Accounts = GuestAccounts,
            Processes = Processes,
        }));
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _scratch.Dispose();
    }

    /// <summary>Sends a request from a client of its own, and gives what will hear the answer.</summary>
    private protected TestProbe Send(IActorRef agent, string command, string arguments = "{}", RequestRecord? record = null, string? peer = "uid:5", string channel = "virtio-serial")
    {
        var client = CreateTestProbe();
        var request = new QmpRequest(command, JObject.Parse(arguments));
        agent.Tell(new TransportProtocol.Submit(++_sequence, request) { Peer = peer, Channel = channel, Record = record }, client);
        return client;
    }

    private protected string Ask(IActorRef agent, string command, string arguments = "{}", string? peer = "uid:5") =>
        AnswerTo(Send(agent, command, arguments, peer: peer));

    /// <summary>The answer as its client reads it; empty for silence.</summary>
    private protected static string AnswerTo(TestProbe client) =>
        TextOf(client.ExpectMsg<TransportProtocol.Answered>(TimeSpan.FromSeconds(30)).Response);

    /// <summary>
    /// The answer of a command that hangs: time passes until its actor, which has set a deadline at a moment of its own, gives it up.
    /// </summary>
    private protected string AnswerOnceOverdue(TestProbe client, TimeSpan deadline)
    {
        Eventually.True(() =>
        {
            Time.Advance(deadline);
            return client.HasMessages;
        });
        return AnswerTo(client);
    }

    /// <summary>Waits until a domain has handled what it was sent before, so that the timers are set that follow from it.</summary>
    private protected void AwaitHandled(IActorRef agent, string domain)
    {
        Ask(agent, "guest-ping");
        Sys.ActorSelection(agent.Path / domain).Tell(new Identify(messageId: domain), TestActor);
        ExpectMsg<ActorIdentity>(TimeSpan.FromSeconds(30));
    }

    private protected static string ErrorOf(string answer) => (string)JObject.Parse(answer)["error"]!["desc"]!;

    private static string TextOf(QmpResponse response)
    {
        if (response.IsSilent)
            return "";
        using var message = QmpWriter.Write(response, id: null);
        var text = new ArrayBufferWriter<byte>();
        var block = new byte[64 * 1024];
        while (message.Next(block) is { IsEmpty: false } part)
            text.Write(part.Span);
        return Encoding.Latin1.GetString(text.WrittenSpan).TrimEnd('\n');
    }

    /// <summary>Keeps what was accounted for.</summary>
    internal sealed class AuditLines : IAuditLog
    {
        private readonly List<string> _lines = [];

        /// <summary>The whole records, if they are wanted.</summary>
        internal List<AuditRecord> Records { get; } = [];

        public bool TakesRecords { get; set; }

        public bool IsBehind { get; set; }

        public void Record(AuditRecord record)
        {
            lock (_lines)
                Records.Add(record);
        }

        internal IReadOnlyList<string> Lines
        {
            get
            {
                lock (_lines)
                    return [.. _lines];
            }
        }

        public void Record(string text)
        {
            lock (_lines)
                _lines.Add(text);
        }
    }
}
