using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Qga.Actors;
using Qga.Actors.Commands;
using Qga.Actors.Domains;
using Qga.Actors.Files;
using Qga.Actors.Freeze;
using Qga.Actors.Processors;
using Qga.Actors.Storage;
using Qga.Host.CommandLine;
using Qga.Platform;
using Qga.Platform.Accounts;
using Qga.Platform.Files;
using Qga.Platform.Freeze;
using Qga.Platform.Identity;
using Qga.Platform.Logging;
using Qga.Platform.Network;
using Qga.Platform.Power;
using Qga.Platform.Processes;
using Qga.Platform.Processors;
using Qga.Platform.State;
using Qga.Platform.Storage;
using Qga.Platform.Timekeeping;
using Qga.Transport;
using Qga.Transport.Channels;

namespace Qga.Host;

/// <summary>The life of the agent: its log, its state, its channel, its actors, and an end that leaves nothing behind.</summary>
internal sealed class AgentProcess(AgentOptions options, IReadOnlyList<string> warnings, string programName, DaemonStatus? daemon)
{
    private readonly FrozenMarker _marker = new(options.StateDirectory);
    private readonly LinuxFreezeGuardians _guardians = new(options.StateDirectory, options.FsFreezeHook, options.FsFreezeHookTimeout);

    private IFreezeGuardian? _leftBehind;

    /// <returns>The exit code.</returns>
    internal int Run()
    {
        Spawner.Prepare();
        if (WhyFrozen() is var (level, notice))
        {
            using var deferred = AgentLog.OpenDeferred(options.LogFile, options.Verbose, programName);
            deferred.Write(level, notice);
            return Run(deferred, isFrozen: true);
        }

        using var stderr = AgentLog.Open(path: null, options.Verbose, programName);
        if (options.LogFile is null)
            return Run(stderr, isFrozen: false);

        AgentLog log;
        try
        {
            log = AgentLog.Open(options.LogFile, options.Verbose, programName);
        }
        catch (PlatformException failure)
        {
            return Fail(stderr, failure.Message);
        }

        using (log)
            return Run(log, isFrozen: false);
    }

    private static int Fail(AgentLog log, params IEnumerable<string> lines)
    {
        foreach (var line in lines)
            log.Write(LogLevel.Critical, line);
        log.Write(LogLevel.Critical, "error initializing guest agent");
        return 1;
    }

    /// <summary>An agent before this one may have ended with filesystems frozen: then nothing here touches a disk.</summary>
    /// <returns>What the log says about it; null if nothing is frozen.</returns>
    private (LogLevel Level, string Notice)? WhyFrozen()
    {
        try
        {
            // The marker may be missing, where the state directory could not take it.
            _leftBehind = _guardians.Find();
            if (!_marker.Exists() && _leftBehind is null)
                return null;
            return (
                LogLevel.Warning,
                "previous instance appears to have exited with frozen filesystems. deferring logging/pidfile creation and disabling "
                + "non-fsfreeze-safe commands until guest-fsfreeze-thaw is issued, or filesystems are manually unfrozen and the file "
                + $"{_marker.Path} is removed");
        }
        catch (PlatformException failure)
        {
            return (LogLevel.Critical, failure.Message);
        }
    }

    private int Run(AgentLog log, bool isFrozen)
    {
        foreach (var warning in warnings)
            log.Write(LogLevel.Warning, warning);
        log.Write(LogLevel.Debug, $"Guest agent version {Transport.Protocol.ProtocolLevel.Version} (qga {Usage.Version}) started");

        // A failure is not kept: what a frozen start put off may work later.
        Lazy<HandleCounter> handles = new(() => HandleCounter.Open(options.StateDirectory), LazyThreadSafetyMode.PublicationOnly);
        IChannelSource source;
        bool isOpen;
        try
        {
            if (!isFrozen)
                _ = handles.Value;
            source = ChannelSources.Of(options);
        }
        catch (StateException failure)
        {
            return Fail(log, failure.Lines);
        }
        catch (ChannelException failure)
        {
            return Fail(log, failure.Message, "failed to initialize guest agent channel");
        }

        try
        {
            isOpen = TryOpen(source, log);
        }
        catch (ChannelException failure)
        {
            return Fail(log, failure.Message, "failed to create guest agent channel", "failed to initialize guest agent channel");
        }

        using (source)
        {
            try
            {
                daemon?.Ready();
                using var rest = new AgentRest(log, daemon is null ? null : options.PidFile, isFrozen);
                if (daemon is not null)
                    DaemonStatus.Detach();
                return Serve(Services(log, rest, () => handles.Value.Next(), isFrozen), source, isOpen, log, rest);
            }
            catch (PlatformException failure)
            {
                log.Write(LogLevel.Critical, failure.Message);
                return 1;
            }
        }
    }

    /// <returns>False if the channel can't be opened now but is to be tried again.</returns>
    private bool TryOpen(IChannelSource source, AgentLog log)
    {
        try
        {
            source.Open();
            return true;
        }
        catch (ChannelException failure) when (options.RetryPath)
        {
            log.Write(LogLevel.Critical, failure.Message);
            log.Write(LogLevel.Critical, "failed to create guest agent channel");
            log.Write(LogLevel.Info, "failed to initialize guest agent channel, will retry");
            return false;
        }
    }

    private AgentServices Services(AgentLog log, AgentRest rest, Func<long> nextHandle, bool isFrozen)
    {
        var workers = new WorkerPool(options.MaxStuckWorkers);

        // Threads of its own, and as many as it takes: a thaw waits for nobody else's stuck call. Filesystems that don't say how full
        // they are take one each, and no command of another kind is refused for them.
        var freezeWorkers = new WorkerPool(int.MaxValue / 2);
        var fileSystems = new LinuxFileSystemFreezer();
        var blocks = new LinuxBlockInventory();
        var freezer = new GuestFreezer(
            new FreezeSettings(isFrozen, options.FsFreezeTimeout, new FreezeExclusions(options.FsFreezeExclude), options.FsFreezeHookTimeout),
            new FreezePlatform(fileSystems, _guardians, _marker, log, log)
            {
                Hook = options.FsFreezeHook is { } hook ? new FreezeHook(hook, options.FsFreezeHookTimeout) : null,
                LeftBehind = _leftBehind,
            },
            rest,
            new BoundedCalls(freezeWorkers, TimeProvider.System),
            TimeProvider.System);
        return new AgentServices
        {
            Catalog = GuestCommands.Catalog,
            Filter = new CommandFilter(options.AllowRpcs, options.BlockRpcs),
            Accounting = log,
            Workers = workers,
            Files = new FileOpening(new LinuxGuestFileOpener(), nextHandle),
            Freezer = freezer,
            FreezeWorkers = freezeWorkers,
            Storage = new GuestStorage(
                fileSystems,
                blocks,
                new FileSystemUsages(blocks, freezeWorkers, TimeProvider.System),
                new FileSystemTrimmer(fileSystems, new BoundedCalls(workers, TimeProvider.System))),
            Network = new LinuxNetworkInventory(),
            Processors = new GuestProcessors(new LinuxProcessorInventory(), new LinuxMemoryInventory()),
            Identity = new LinuxGuestIdentity(),
            Clock = new LinuxGuestClock(),
            Power = new LinuxGuestPower(),
            Accounts = new LinuxGuestAccounts(),
            Processes = new LinuxGuestProcesses(),
        };
    }

    private int Serve(AgentServices services, IChannelSource source, bool isOpen, AgentLog log, AgentRest rest)
    {
        using var memory = new MemoryTrim();
        NoAppConfiguration.Install();
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton<IHostLifetime, SignalLifetime>(
            provider => new SignalLifetime(provider.GetRequiredService<IHostApplicationLifetime>(), log, rest));
        builder.Services.AddAkka("qga", (akka, provider) => akka
            .AddHocon(AkkaConfiguration.Hocon(options.Verbose), HoconAddMode.Prepend)
            .WithActors((system, _) =>
            {
                system.ActorOf(LogActor.Props(log), "log");
                var supervisor = system.ActorOf(AgentSupervisor.Props(services), "agent");
                var settings = new TransportSettings(options.SyncGrace, services.Catalog.IsSync) { Active = memory.Active };
                system.ActorOf(
                    ChannelActor.Props(
                        source,
                        isOpen,
                        stream => TransportActor.Props(stream, source.StreamEnd, supervisor, settings),
                        options.RetryPath,
                        cause =>
                        {
                            log.Write(LogLevel.Critical, cause.Message);
                            var application = provider.GetRequiredService<IHostApplicationLifetime>();

                            // Nobody could ask for the thaw any more.
                            supervisor.Ask<FreezeProtocol.Left>(FreezeProtocol.Leave.Instance)
                                .ContinueWith(_ => application.StopApplication(), TaskScheduler.Default);
                        }),
                    "channel");
            }));

        using var host = builder.Build();
        host.Run();
        return source.HasOpened ? 0 : 1;
    }
}
