using Akka.Actor;
using Akka.Event;
using Qga.Actors;
using Qga.Actors.Files;
using Qga.Actors.Freeze;
using Qga.Actors.Processors;
using Qga.Actors.Storage;
using Qga.Host.CommandLine;
using Qga.Host.Control;
using Qga.Host.Freeze;
using Qga.Host.Hosting;
using Qga.Host.Metrics;
using Qga.Host.Service;
using Qga.Platform.Accounts;
using Qga.Platform.Audit;
using Qga.Platform.Files;
using Qga.Platform.Freeze;
using Qga.Platform.Freeze.Evidence;
using Qga.Platform.Identity;
using Qga.Platform.Logging;
using Qga.Platform.Network;
using Qga.Platform.Power;
using Qga.Platform.Processes.Keeper;
using Qga.Platform.Processors;
using Qga.Platform.Storage;
using Qga.Platform.Streams;
using Qga.Platform.Timekeeping;
using Qga.Platform.Work;
using Qga.Transport;
using Qga.Transport.Activity;
using Qga.Transport.Channels;
using LogLevel = Qga.Platform.Logging.LogLevel;

namespace Qga.Host;

/// <summary>
/// How the agent is put together: what is made, in which order, and who knows whom. <see cref="AgentStart"/> has opened what it begins with;
/// <see cref="AgentHost"/> runs what comes of it.
/// </summary>
internal sealed class Composition
{
    private readonly Opened _opened;

    /// <exception cref="Platform.PlatformException">There are no threads left.</exception>
    internal Composition(Opened opened)
    {
        _opened = opened;
        Settings = new LiveSettings(opened.Start, opened.ReadAgain, opened.Log, opened.Audit);
        Services = ServicesOf(opened, Settings);
        Status = new ServiceStatus(opened.Manager, Settings, Services.FreezeView, opened.IsChannelOpen);
        End = new AgentEnd(Services.FreezeView, opened.Log, Status);
        Memory = new MemoryTrim();
    }

    internal IChannelSource Channel => _opened.Channel;

    internal LiveSettings Settings { get; }

    internal AgentServices Services { get; }

    internal ServiceStatus Status { get; }

    internal AgentEnd End { get; }

    internal MemoryTrim Memory { get; }

    internal AuditTrail Audit => _opened.Audit;

    internal IEventLog Log => _opened.Log;

    /// <summary>What the commands stand on.</summary>
    private static AgentServices ServicesOf(Opened opened, LiveSettings settings)
    {
        var options = opened.Start.Options;
        var workers = new WorkerPool(options.MaxStuckWorkers, sparesSwitches: true);
        workers.Prepare();

        // Threads of its own, and as many as it takes: a thaw waits for nobody else's stuck call.
        var freezeWorkers = new WorkerPool(WorkerPool.Unlimited);
        freezeWorkers.Prepare();

        // Filesystems that don't say how full they are take one each, and no command of another kind is refused for them.
        var usageWorkers = new WorkerPool(WorkerPool.Unlimited);
        var fileSystems = new LinuxMountedFileSystems();
        var blocks = new LinuxBlockInventory();
        var evidence = new FreezeEvidence(BootClock.Instance, options.StateDirectory);
        var view = new FreezeView(opened.IsFrozen);
        return new AgentServices
        {
            Catalog = options.Catalog,
            Filter = settings.Filter,
            Audit = opened.Audit,
            Workers = workers,
            Files = new FileOpening(new LinuxGuestFileOpener(), () => opened.Handles.Value.Next()),
            FreezeSteps = StepsOf(
                options, opened.Guest, opened.IsFrozen, opened.Log, opened.Audit, opened.OwnFiles, fileSystems, freezeWorkers, evidence),
            FreezeLedger = new FreezeLedger(evidence, FreezeLedger.SharedFile, opened.Audit, view.Tally),
            FreezeView = view,
            FreezeWorkers = freezeWorkers,
            Storage = new GuestStorage(
                fileSystems,
                blocks,
                new FileSystemUsages(blocks, usageWorkers, TimeProvider.System),
                new FileSystemTrimmer(fileSystems, new BoundedCalls(workers, TimeProvider.System))),
            Network = new LinuxNetworkInventory(),
            Processors = new GuestProcessors(new LinuxProcessorInventory(), new LinuxMemoryInventory()),
            Identity = new LinuxGuestIdentity(),
            Clock = new LinuxGuestClock(),
            Power = new LinuxGuestPower(),
            Accounts = new LinuxGuestAccounts(),
            Processes = KeptGuestProcesses.Find(options.StateDirectory, warning => opened.Log.Write(LogLevel.Warning, warning)),
        };
    }

    /// <summary>Freezing and thawing, taking on what an agent before this one has left frozen; <c>qga thaw</c> has them too.</summary>
    internal static FreezeSteps StepsOf(
        AgentOptions options,
        FrozenGuest guest,
        bool isFrozen,
        IEventLog log,
        IAuditLog audit,
        IOwnFiles files,
        IMountedFileSystems fileSystems,
        WorkerPool workers,
        FreezeEvidence evidence) =>
        new(
            new FreezeSettings(isFrozen, options.FsFreezeTimeout, new FreezeExclusions(options.FsFreezeExclude), options.FsFreezeHookTimeout),
            new FreezePlatform(fileSystems, guest.Guardians, guest.Marker, files, log, audit)
            {
                Hook = options.FsFreezeHook is { } hook ? new FreezeHook(hook, options.FsFreezeHookTimeout) : null,
                LeftBehind = guest.LeftBehind,
                Evidence = evidence,
            },
            new BoundedCalls(workers, TimeProvider.System),
            BootClock.Instance);

    /// <summary>The actors at the top, in the order in which they start.</summary>
    internal AgentActors StartActors(ActorSystem system)
    {
        // It does not subscribe by itself: it might start after the first request, whose lines would be lost.
        system.EventStream.Subscribe(system.ActorOf(LogActor.Props(_opened.Log), "log"), typeof(LogEvent));
        Services.FreezeLedger.Open(_opened.IsFrozen);
        var agent = system.ActorOf(AgentSupervisor.Props(Services), "agent");
        Settings.Apply(agent);
        var activity = new ActivityLog(Services.Catalog.All.Select(spec => spec.Name));
        var transport = new TransportSettings(Settings.Options.SyncGrace, Services.Catalog.IsSync, Services.Catalog.IsImmediate)
        {
            Active = Memory.Active,
            Memory = RequestMemory.Usual(),
            MostAnswer = () => Settings.Options.MaxAnswer,
        };
        ControlSocket.Serve(
            _opened.IsFrozen, Services.FreezeWorkers, _opened.Log, socket => StartControl(system, socket, agent, transport, activity));
        var channel = system.ActorOf(
            ChannelActor.Props(Channel, _opened.IsChannelOpen, OfHost, Settings.Options.RetryPath, OnLost, Status.OnChannelChanged), "channel");
        if (_opened.Manager is { Watchdog: { } limit } manager)
        {
            // Half of the time that the agent may be silent is left for its answer.
            var (ours, theirs) = DescriptorStream.Pair();
            system.ActorOf(TransportActor.Props(theirs, StreamEnd.ClientDone, agent, transport), "watchdog-channel");
            system.ActorOf(WatchdogActor.Props(ours, limit / 2, manager), "watchdog");
        }

        return new AgentActors(agent, channel);

        Props OfHost(Stream stream) => TransportActor.Props(
            stream,
            Channel.StreamEnd,
            agent,
            transport with
            {
                Connection = activity.Open(() => ((DescriptorStream)stream).Peer, Settings.Options.Method),
                Peer = PeerOf(stream, Settings.Options.Method),
                Channel = Settings.Options.Method,
            });
        void OnLost(Exception cause) => _ = End.OnChannelLostAsync(cause);
    }

    /// <summary>Who is at the other end, as rules of the policy name it.</summary>
    private static string? PeerOf(Stream stream, string method) => ((DescriptorStream)stream).PeerId ?? method switch
    {
        AgentOptions.DefaultMethod => "virtio",
        "isa-serial" => "serial",
        _ => null,
    };

    /// <summary>The actors that serve root on the guest itself, once their socket is open.</summary>
    private void StartControl(ActorSystem system, IChannelSource socket, IActorRef agent, TransportSettings transport, ActivityLog activity)
    {
        IReadOnlyList<WorkerPool> workers = [Services.Workers, Services.FreezeWorkers];
        var status = new AgentStatus(
            Settings, Services.FreezeView, Services.FreezeLedger, Channel, activity, Services.Catalog, workers, _opened.Audit);
        var metrics = new AgentMetrics(Settings, Services.FreezeView, activity, workers, Services.PolicyTally, _opened.Audit);
        var control = system.ActorOf(ControlActor.Props(agent, status, metrics, Services.FreezeLedger), "control");
        system.ActorOf(ChannelActor.Props(socket, isOpen: true, OfRoot, retries: false, OnLost), "control-channel");

        Props OfRoot(Stream stream) => TransportActor.Props(
            stream,
            socket.StreamEnd,
            control,
            transport with
            {
                Connection = activity.OpenUnlisted(() => ((DescriptorStream)stream).Peer, ControlSocket.Channel),
                Peer = PeerOf(stream, Settings.Options.Method),
                Channel = ControlSocket.Channel,
            });
        void OnLost(Exception cause) => _opened.Log.Write(LogLevel.Warning, $"the control socket is closed: {cause.Message}");
    }
}
