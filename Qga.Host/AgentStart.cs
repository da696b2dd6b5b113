using Qga.Actors;
using Qga.Actors.Commands;
using Qga.Actors.Files;
using Qga.Actors.Freeze;
using Qga.Actors.Processors;
using Qga.Actors.Storage;
using Qga.Host.Channels;
using Qga.Host.CommandLine;
using Qga.Host.Freeze;
using Qga.Platform;
using Qga.Platform.Accounts;
using Qga.Platform.Files;
using Qga.Platform.Freeze;
using Qga.Platform.Identity;
using Qga.Platform.Logging;
using Qga.Platform.Network;
using Qga.Platform.OwnProcess;
using Qga.Platform.Power;
using Qga.Platform.Processes;
using Qga.Platform.Processes.Keeper;
using Qga.Platform.Processors;
using Qga.Platform.State;
using Qga.Platform.Storage;
using Qga.Platform.Streams;
using Qga.Platform.Threads;
using Qga.Platform.Timekeeping;
using Qga.Platform.Work;
using Qga.Transport.Channels;

namespace Qga.Host;

/// <summary>The life of the agent: its log, its state, its channel, its actors, and an end that leaves nothing behind.</summary>
/// <param name="start">The options, and what is odd about them.</param>
/// <param name="readAgain">Reads the options anew.</param>
/// <param name="programName">The name in the log.</param>
/// <param name="daemon">The launcher's word, for a daemon.</param>
internal sealed class AgentStart(StartupDecision.Serve start, Func<StartupDecision.Serve> readAgain, string programName, DaemonStatus? daemon)
{
    private const int Unlimited = int.MaxValue / 2;

    private readonly AgentOptions _options = start.Options;
    private readonly FrozenGuest _frozenGuest = new(start.Options);
    private readonly ServiceManager? _manager = ServiceManager.FromEnvironment();

    /// <returns>The exit code.</returns>
    internal int Run()
    {
        try
        {
            InheritedSignals.Reset();
            ResourceLimits.Prepare();
            RuntimeThreads.Prepare();
            Spawner.Prepare();
            DescriptorStream.Prepare();
            return RunAlone();
        }
        catch (PlatformException failure)
        {
            StandardStream.Error.WriteLine(failure.Message);
            return 1;
        }
    }

    private int RunAlone()
    {
        StateLock? stateLock;
        try
        {
            stateLock = StateLock.Acquire(_options.StateDirectory, _frozenGuest.MayBe);
        }
        catch (StateException failure)
        {
            using var log = AgentLog.Open(path: null, _options.LogsEverything, programName);
            return Fail(log, failure, failure.Lines);
        }

        using (stateLock)
            return RunLogging();
    }

    private int RunLogging()
    {
        if (WhyFrozen() is var (level, notice))
        {
            using var deferred = AgentLog.OpenDeferred(_options.LogFile, _options.LogsEverything, programName);
            deferred.Write(level, notice);
            return Run(deferred, isFrozen: true);
        }

        using var stderr = AgentLog.Open(path: null, _options.LogsEverything, programName);
        if (start.IsProvisional)
        {
            var reason = new OptionsException("the guest is not frozen any more, and an agent that serves needs the settings that can't be used");
            return Fail(stderr, reason, [.. start.Warnings.Select(warning => warning.Text), reason.Message]);
        }

        if (_options.LogFile is null)
            return Run(stderr, isFrozen: false);

        AgentLog log;
        try
        {
            log = AgentLog.Open(_options.LogFile, _options.LogsEverything, programName);
        }
        catch (PlatformException failure)
        {
            return Fail(stderr, failure, failure.Message);
        }

        using (log)
            return Run(log, isFrozen: false);
    }

    /// <returns>The exit code for such a failure.</returns>
    private static int Fail(AgentLog log, Exception failure, params IEnumerable<string> lines)
    {
        foreach (var line in lines)
            log.Write(LogLevel.Critical, line);
        log.Write(LogLevel.Critical, "error initializing guest agent");
        return ExitCode.Of(failure);
    }

    /// <summary>An agent before this one may have ended with filesystems frozen: then nothing here touches a disk.</summary>
    /// <returns>What the log says about it; null if nothing is frozen.</returns>
    private (LogLevel Level, string Notice)? WhyFrozen()
    {
        try
        {
            if (!_frozenGuest.Find())
                return null;
            return (
                LogLevel.Warning,
                "previous instance appears to have exited with frozen filesystems. deferring logging/pidfile creation and disabling "
                + "non-fsfreeze-safe commands until guest-fsfreeze-thaw is issued, or filesystems are manually unfrozen and the file "
                + $"{_frozenGuest.Marker.Path} is removed");
        }
        catch (PlatformException failure)
        {
            return (LogLevel.Critical, failure.Message);
        }
    }

    private int Run(AgentLog log, bool isFrozen)
    {
        log.Prepare();
        foreach (var warning in start.Warnings)
            log.Write(LogLevel.Warning, warning.Text);
        if (StateDirectory.Weakness(_options.StateDirectory) is { } weakness)
            log.Write(LogLevel.Warning, weakness);
        log.Write(LogLevel.Debug, $"Guest agent version {Transport.Protocol.ProtocolLevel.Version} (qga {Usage.Version}) started");

        // A failure is not kept: what a frozen start put off may work later.
        Lazy<HandleCounter> handles = new(() => HandleCounter.Open(_options.StateDirectory), LazyThreadSafetyMode.PublicationOnly);
        IChannelSource source;
        bool isOpen;
        try
        {
            if (!isFrozen)
            {
                StateDirectory.Prepare(_options.StateDirectory);
                _ = handles.Value;
            }

            source = ChannelSources.Of(_options);
        }
        catch (StateException failure)
        {
            return Fail(log, failure, [.. failure.Lines, $"the state directory can't be used: it is {_options.StateDirectoryOrigin}"]);
        }
        catch (ChannelException failure)
        {
            return Fail(log, failure, failure.Message, "failed to initialize guest agent channel");
        }

        try
        {
            isOpen = TryOpen(source, log);
        }
        catch (ChannelException failure)
        {
            return Fail(log, failure, failure.Message, "failed to create guest agent channel", "failed to initialize guest agent channel");
        }

        using (source)
        {
            try
            {
                daemon?.Ready();
                using var ownFiles = new OwnFiles(log, daemon is null ? null : _options.PidFile, isFrozen);
                if (daemon is not null)
                    DaemonStatus.Detach();
                var settings = new LiveSettings(start, readAgain, log);
                var services = Services(log, ownFiles, () => handles.Value.Next(), isFrozen, settings.Filter);
                return new RunningAgent(services, settings, source, log, _manager).Run(isOpen);
            }
            catch (PlatformException failure)
            {
                log.Write(LogLevel.Critical, failure.Message);
                return ExitCode.Of(failure);
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
        catch (ChannelException failure) when (_options.RetryPath && failure.InnerException is not null)
        {
            log.Write(LogLevel.Critical, failure.Message);
            log.Write(LogLevel.Critical, "failed to create guest agent channel");
            log.Write(LogLevel.Info, "failed to initialize guest agent channel, will retry");
            return false;
        }
    }

    private AgentServices Services(AgentLog log, OwnFiles ownFiles, Func<long> nextHandle, bool isFrozen, CommandFilter filter)
    {
        var workers = new WorkerPool(_options.MaxStuckWorkers);
        workers.Prepare();

        // Threads of its own, and as many as it takes: a thaw waits for nobody else's stuck call.
        var freezeWorkers = new WorkerPool(Unlimited);
        freezeWorkers.Prepare();

        // Filesystems that don't say how full they are take one each, and no command of another kind is refused for them.
        var usageWorkers = new WorkerPool(Unlimited);
        var fileSystems = new LinuxMountedFileSystems();
        var blocks = new LinuxBlockInventory();
        return new AgentServices
        {
            Catalog = GuestCommands.Catalog,
            Filter = filter,
            Audit = log,
            Workers = workers,
            Files = new FileOpening(new LinuxGuestFileOpener(), nextHandle),
            FreezeSteps = _frozenGuest.Steps(isFrozen, log, ownFiles, fileSystems, freezeWorkers),
            FreezeView = new FreezeView(isFrozen),
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
            Processes = KeptGuestProcesses.Find(_options.StateDirectory, warning => log.Write(LogLevel.Warning, warning)),
        };
    }
}
