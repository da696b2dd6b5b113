using Qga.Host.Channels;
using Qga.Host.CommandLine;
using Qga.Host.Freeze;
using Qga.Platform;
using Qga.Platform.Audit;
using Qga.Platform.Logging;
using Qga.Platform.OwnProcess;
using Qga.Platform.Processes;
using Qga.Platform.State;
using Qga.Platform.Streams;
using Qga.Platform.Threads;
using Qga.Transport.Channels;
using Qga.Transport.Protocol;

namespace Qga.Host;

/// <summary>
/// The start of the agent, up to where it is put together: the state directory, whether the guest is frozen, the log, the channel; and what
/// the log and the exit code say if one of them can't be had.
/// </summary>
/// <param name="start">The options, and what is odd about them.</param>
/// <param name="readAgain">Reads the options anew.</param>
/// <param name="programName">The name in the log.</param>
/// <param name="daemon">The launcher's word, for a daemon.</param>
internal sealed class AgentStart(StartupDecision.Serve start, Func<StartupDecision.Serve> readAgain, string programName, DaemonStatus? daemon)
{
    private readonly AgentOptions _options = start.Options;
    private readonly FrozenGuest _guest = new(start.Options);
    private readonly ServiceManager? _manager = ServiceManager.FromEnvironment();

    /// <summary>Starts the agent, and runs it to its end.</summary>
    /// <returns>The exit code.</returns>
    internal int Run()
    {
        try
        {
            PrepareProcess();
            return RunAlone();
        }
        catch (PlatformException failure)
        {
            StandardStream.Error.WriteLine(failure.Message);
            return ExitCode.Failure;
        }
    }

    /// <summary>Before any file is opened for the host.</summary>
    private static void PrepareProcess()
    {
        MemoryTrim.Starting();
        InheritedSignals.Reset();
        ResourceLimits.Prepare();
        RuntimeThreads.Prepare();
        Spawner.Prepare();
        DescriptorStream.Prepare();
    }

    /// <summary>The state directory is for one agent.</summary>
    private int RunAlone()
    {
        StateLock? stateLock;
        try
        {
            stateLock = StateLock.Acquire(_options.StateDirectory, _guest.MayBe);
        }
        catch (StateException failure)
        {
            using var log = OpenLog(path: null);
            return Fail(log, new StartException(failure, failure.Lines));
        }

        using (stateLock)
            return WhyFrozen() is var (level, notice) ? RunFrozen(level, notice) : RunThawed();
    }

    /// <summary>An agent before this one may have ended with filesystems frozen: then nothing here touches a disk.</summary>
    /// <returns>What the log says about it; null if nothing is frozen.</returns>
    private (LogLevel Level, string Notice)? WhyFrozen()
    {
        try
        {
            if (!_guest.Find())
                return null;
            return (
                LogLevel.Warning,
                "previous instance appears to have exited with frozen filesystems. deferring logging/pidfile creation and disabling "
                + "non-fsfreeze-safe commands until guest-fsfreeze-thaw is issued, or filesystems are manually unfrozen and the file "
                + $"{_guest.Marker.Path} is removed");
        }
        catch (PlatformException failure)
        {
            return (LogLevel.Critical, failure.Message);
        }
    }

    private int RunFrozen(LogLevel level, string notice)
    {
        using var log = AgentLog.OpenDeferred(_options.LogFile, _options.LogsEverything);
        log.Write(level, notice);
        return Run(log, isFrozen: true);
    }

    private int RunThawed()
    {
        using var standardError = OpenLog(path: null);
        try
        {
            RefuseProvisional();
            if (_options.LogFile is not { } path)
                return Run(standardError, isFrozen: false);
            using var log = OpenLogFile(path);
            return Run(log, isFrozen: false);
        }
        catch (StartException failure)
        {
            return Fail(standardError, failure);
        }
    }

    private void RefuseProvisional()
    {
        if (!start.IsProvisional)
            return;
        var reason = new OptionsException("the guest is not frozen any more, and an agent that serves needs the settings that can't be used");
        throw new StartException(reason, [.. start.Warnings.Select(warning => warning.Text), reason.Message]);
    }

    private AgentLog OpenLogFile(string path)
    {
        try
        {
            return OpenLog(path);
        }
        catch (PlatformException failure)
        {
            throw new StartException(failure, failure.Message);
        }
    }

    private AgentLog OpenLog(string? path) => AgentLog.Open(path, _options.LogsEverything);

    /// <summary>Opens what is left to open, and runs the agent.</summary>
    private int Run(AgentLog log, bool isFrozen)
    {
        log.Prepare();
        foreach (var warning in start.Warnings)
            log.Write(LogLevel.Warning, warning.Text);
        if (StateDirectory.Weakness(_options.StateDirectory) is { } weakness)
            log.Write(LogLevel.Warning, weakness);
        log.Write(LogLevel.Debug, $"Guest agent version {ProtocolLevel.Version} (qga {Usage.Version}) started");
        try
        {
            var handles = PrepareState(isFrozen);
            using var channel = MakeChannel();
            var isOpen = TryOpen(channel, log);
            return Serve(log, isFrozen, handles, channel, isOpen);
        }
        catch (StartException failure)
        {
            return Fail(log, failure);
        }
    }

    private Lazy<HandleCounter> PrepareState(bool isFrozen)
    {
        // A failure is not kept: what a frozen start put off may work later.
        Lazy<HandleCounter> handles = new(() => HandleCounter.Open(_options.StateDirectory), LazyThreadSafetyMode.PublicationOnly);
        if (isFrozen)
            return handles;
        try
        {
            StateDirectory.Prepare(_options.StateDirectory);
            _ = handles.Value;
            return handles;
        }
        catch (StateException failure)
        {
            throw new StartException(failure, [.. failure.Lines, $"the state directory can't be used: it is {_options.StateDirectoryOrigin}"]);
        }
    }

    private IChannelSource MakeChannel()
    {
        try
        {
            return ChannelSources.Of(_options);
        }
        catch (ChannelException failure)
        {
            throw new StartException(failure, failure.Message, "failed to initialize guest agent channel");
        }
    }

    /// <returns>False if the channel can't be opened now but is to be tried again.</returns>
    private bool TryOpen(IChannelSource channel, AgentLog log)
    {
        try
        {
            channel.Open();
            return true;
        }
        catch (ChannelException failure) when (_options.RetryPath && failure.InnerException is not null)
        {
            log.Write(LogLevel.Critical, failure.Message);
            log.Write(LogLevel.Critical, "failed to create guest agent channel");
            log.Write(LogLevel.Info, "failed to initialize guest agent channel, will retry");
            return false;
        }
        catch (ChannelException failure)
        {
            throw new StartException(failure, failure.Message, "failed to create guest agent channel", "failed to initialize guest agent channel");
        }
    }

    private int Serve(AgentLog log, bool isFrozen, Lazy<HandleCounter> handles, IChannelSource channel, bool isOpen)
    {
        try
        {
            daemon?.Ready();
            using var audit = new AuditTrail(_options.AuditSettings, programName, log, TimeProvider.System);
            if (isFrozen)
                audit.Hold();
            audit.Prepare();
            using var ownFiles = new OwnFiles(log, audit, daemon is null ? null : _options.PidFile, isFrozen);
            if (daemon is not null)
                DaemonStatus.Detach();
            var agent = new Composition(new Opened
            {
                Start = start,
                ReadAgain = readAgain,
                Manager = _manager,
                Guest = _guest,
                IsFrozen = isFrozen,
                Log = log,
                Audit = audit,
                Handles = handles,
                Channel = channel,
                IsChannelOpen = isOpen,
                OwnFiles = ownFiles,
            });
            return new AgentHost(agent).Run();
        }
        catch (PlatformException failure)
        {
            log.Write(LogLevel.Critical, failure.Message);
            return ExitCode.Of(failure);
        }
    }

    /// <returns>The exit code for such a failure.</returns>
    private static int Fail(AgentLog log, StartException failure)
    {
        foreach (var line in failure.Lines)
            log.Write(LogLevel.Critical, line);
        log.Write(LogLevel.Critical, "error initializing guest agent");
        return ExitCode.Of(failure);
    }

    /// <summary>The agent can't start.</summary>
    /// <param name="cause">Decides on the exit code.</param>
    /// <param name="lines">What the log says.</param>
    private sealed class StartException(Exception cause, params IReadOnlyList<string> lines) : Exception(cause.Message, cause)
    {
        internal IReadOnlyList<string> Lines => lines;
    }
}
