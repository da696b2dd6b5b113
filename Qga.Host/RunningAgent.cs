using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Qga.Actors;
using Qga.Host.CommandLine;
using Qga.Host.Control;
using Qga.Host.Hosting;
using Qga.Host.Service;
using Qga.Platform.Logging;
using Qga.Platform.OwnProcess;
using Qga.Platform.Streams;
using Qga.Transport;
using Qga.Transport.Activity;
using Qga.Transport.Channels;

namespace Qga.Host;

/// <summary>The agent at work: its actors on its channel, and what the service manager and the administrator see and want of it.</summary>
internal sealed class RunningAgent(
    AgentServices services, LiveSettings settings, IChannelSource source, AgentLog log, ServiceManager? manager)
{
    /// <summary>How long a client may take to read the last answers.</summary>
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(1);

    private readonly MemoryTrim _memory = new();
    private readonly RequestMemory _requestMemory = RequestMemory.Usual();
    private readonly TaskCompletionSource<IActorRef> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IActorRef _agent = ActorRefs.Nobody;
    private IActorRef _channel = ActorRefs.Nobody;
    private IHostApplicationLifetime? _application;
    private volatile bool _isOpen;
    private volatile bool _ignoredSignal;

    private AgentEnd _end = null!;

    private AgentOptions Options => settings.Options;

    private TransportSettings Transport => new(Options.SyncGrace, services.Catalog.IsSync, services.Catalog.IsImmediate)
    {
        Active = _memory.Active,
        Memory = _requestMemory,
        MostAnswer = () => settings.Options.MaxAnswer,
    };

    /// <summary>What the service manager is told.</summary>
    private string Status => services.FreezeView.Facts.Frozen is { } frozen ? StatusText.OfFrozen(frozen, _ignoredSignal) : StatusText.OfServing(Options, _isOpen);

    /// <summary>Serves until a signal ends the agent, or its channel is lost for good.</summary>
    /// <param name="isOpen">Whether the channel is open already.</param>
    /// <returns>The exit code.</returns>
    internal int Run(bool isOpen)
    {
        NoAppConfiguration.Install();
        _isOpen = isOpen;
        _end = new AgentEnd(_started.Task, services.FreezeView, log, StopAsync, OnIgnoredSignal);
        services.FreezeView.Settled = OnFreezeSettled;
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton<IHostLifetime, SignalLifetime>(_ => new SignalLifetime(_end, Reload));
        builder.Services.AddAkka("qga", akka => akka
            .AddHocon(AkkaConfiguration.Hocon(Options.LogsEverything), HoconAddMode.Prepend)
            .WithActors((system, _) => Start(system, isOpen)));

        using (_memory)
        using (var host = builder.Build())
        {
            _application = host.Services.GetRequiredService<IHostApplicationLifetime>();
            host.Run();
        }

        manager?.Stopping();

        // It may be on a filesystem that is frozen.
        if (services.FreezeView.Facts.IsThawed)
            ControlSocket.Remove();
        return source.HasOpened ? ExitCode.Success : ExitCode.Failure;
    }

    private void Start(ActorSystem system, bool isOpen)
    {
        system.ActorOf(LogActor.Props(log), "log");
        _agent = system.ActorOf(AgentSupervisor.Props(services), "agent");
        _started.SetResult(_agent);
        settings.Apply(_agent);
        var activity = new ActivityLog();
        _channel = system.ActorOf(
            ChannelActor.Props(
                source,
                isOpen,
                stream => TransportActor.Props(
                    stream, source.StreamEnd, _agent, Transport with { Connection = activity.Open(() => ((DescriptorStream)stream).Peer) }),
                Options.RetryPath,
                OnChannelLost,
                OnChannelChanged),
            "channel");
        OpenControlSocket(system, activity);
        if (manager?.Watchdog is { } limit)
            StartWatchdog(system, limit);
        manager?.Ready(Status);
    }

    /// <summary>Ends the agent once what it has answered has left: a host that asked for the thaw is to hear of it.</summary>
    private async Task StopAsync()
    {
        try
        {
            if (!_channel.IsNobody())
                await _channel.Ask<TransportProtocol.Drained>(TransportProtocol.Drain.Instance, DrainLimit);
        }
        catch (AskTimeoutException)
        {
            // Nobody reads, and nobody will.
        }

        _application!.StopApplication();
    }

    private void OnIgnoredSignal()
    {
        _ignoredSignal = true;
        manager?.Status(Status);
    }

    private void OnFreezeSettled()
    {
        _ignoredSignal = false;
        manager?.Status(Status);
        if (settings.IsProvisional && services.FreezeView.Facts.IsThawed)
            Reload();
    }

    private void OnChannelChanged(bool isOpen)
    {
        _isOpen = isOpen;
        manager?.Status(Status);
    }

    private void OnChannelLost(Exception cause)
    {
        log.Write(LogLevel.Critical, cause.Message);

        // Nobody could ask for the thaw any more.
        _end.ThawAsync().ContinueWith(_ => _application!.StopApplication(), TaskScheduler.Default);
    }

    /// <summary>On a worker: the directory may be on a filesystem that is frozen.</summary>
    private void OpenControlSocket(ActorSystem system, ActivityLog activity)
    {
        IChannelSource? socket = null;
        services.FreezeWorkers.TryStart(() => socket = ControlSocket.TryOpen(log), ServeIfOpen, isCleanup: true, name: "opening the control socket");

        void ServeIfOpen()
        {
            if (socket is null)
                return;
            try
            {
                Serve(socket);
            }
            catch (InvalidOperationException)
            {
                // The agent ends as soon as it has started.
                socket.Dispose();
                ControlSocket.Remove();
            }
        }

        void Serve(IChannelSource socket)
        {
            var status = new AgentStatus(settings, services.FreezeView, source, activity, services.Catalog, [services.Workers, services.FreezeWorkers]);
            var control = system.ActorOf(ControlActor.Props(_agent, () => status), "control");
            system.ActorOf(
                ChannelActor.Props(
                    socket,
                    isOpen: true,
                    stream => TransportActor.Props(stream, socket.StreamEnd, control, Transport),
                    retries: false,
                    cause => log.Write(LogLevel.Warning, $"the control socket is closed: {cause.Message}")),
                "control-channel");
        }
    }

    /// <summary>Half of the time that the agent may be silent is left for its answer.</summary>
    private void StartWatchdog(ActorSystem system, TimeSpan limit)
    {
        var (ours, theirs) = DescriptorStream.Pair();
        system.ActorOf(TransportActor.Props(theirs, StreamEnd.ClientDone, _agent, Transport), "watchdog-channel");
        system.ActorOf(WatchdogActor.Props(ours, limit / 2, manager!.Feed), "watchdog");
    }

    /// <summary>On a worker: the files may be on a filesystem that does not answer.</summary>
    private void Reload() => services.FreezeWorkers.TryStart(
        () =>
        {
            manager?.Reloading();
            settings.Reload(_agent);
        },
        () => manager?.Ready(Status),
        isCleanup: true,
        name: "reading the settings anew");
}
