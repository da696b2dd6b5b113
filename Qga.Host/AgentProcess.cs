using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Qga.Actors;
using Qga.Actors.Commands;
using Qga.Actors.Domains;
using Qga.Actors.Files;
using Qga.Host.CommandLine;
using Qga.Platform;
using Qga.Platform.Files;
using Qga.Platform.Logging;
using Qga.Platform.Processes;
using Qga.Platform.State;
using Qga.Transport;
using Qga.Transport.Channels;

namespace Qga.Host;

/// <summary>The life of the agent: its log, its state, its channel, its actors, and an end that leaves nothing behind.</summary>
internal sealed class AgentProcess(AgentOptions options, IReadOnlyList<string> warnings, string programName, DaemonStatus? daemon)
{
    /// <returns>The exit code.</returns>
    internal int Run()
    {
        AgentLog log;
        try
        {
            log = AgentLog.Open(options.LogFile, options.Verbose, programName);
        }
        catch (PlatformException failure)
        {
            using var stderr = AgentLog.Open(path: null, isVerbose: false, programName);
            return Fail(stderr, failure.Message);
        }

        using (log)
            return Run(log);
    }

    private static int Fail(AgentLog log, params IEnumerable<string> lines)
    {
        foreach (var line in lines)
            log.Write(LogLevel.Critical, line);
        log.Write(LogLevel.Critical, "error initializing guest agent");
        return 1;
    }

    private int Run(AgentLog log)
    {
        foreach (var warning in warnings)
            log.Write(LogLevel.Warning, warning);
        log.Write(LogLevel.Debug, $"Guest agent version {Transport.Protocol.ProtocolLevel.Version} (qga {Usage.Version}) started");

        HandleCounter handles;
        try
        {
            handles = HandleCounter.Open(options.StateDirectory);
        }
        catch (StateException failure)
        {
            return Fail(log, failure.Lines);
        }

        var files = new FileOpening(new LinuxGuestFileOpener(), () => handles.Next());
        var services = new AgentServices(
            GuestCommands.Catalog,
            new CommandFilter(options.AllowRpcs, options.BlockRpcs),
            files,
            new WorkerPool(options.MaxStuckWorkers),
            log);

        IChannelSource source;
        var isOpen = false;
        try
        {
            source = ChannelSources.Of(options);
            isOpen = TryOpen(source, log);
        }
        catch (ChannelException failure)
        {
            return Fail(log, failure.Message, "failed to create guest agent channel", "failed to initialize guest agent channel");
        }

        using (source)
        {
            daemon?.Ready();
            if (daemon is null)
                return Serve(services, source, isOpen, log);

            try
            {
                // While its path may still be relative and its error still be seen.
                using var pidFile = PidFile.Create(options.PidFile);
                DaemonStatus.Detach();
                return Serve(services, source, isOpen, log);
            }
            catch (PlatformException failure)
            {
                return Fail(log, failure.Message);
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

    private int Serve(AgentServices services, IChannelSource source, bool isOpen, AgentLog log)
    {
        NoAppConfiguration.Install();
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton<IHostLifetime, SignalLifetime>(
            provider => new SignalLifetime(provider.GetRequiredService<IHostApplicationLifetime>(), log));
        builder.Services.AddAkka("qga", (akka, provider) => akka
            .AddHocon(AkkaConfiguration.Hocon(options.Verbose), HoconAddMode.Prepend)
            .WithActors((system, _) =>
            {
                system.ActorOf(LogActor.Props(log), "log");
                var supervisor = system.ActorOf(AgentSupervisor.Props(services), "agent");
                var settings = new TransportSettings(
                    options.SyncGrace, name => services.Catalog.Find(name)?.Is(CommandTraits.Sync) ?? false);
                system.ActorOf(
                    ChannelActor.Props(
                        source,
                        isOpen,
                        stream => TransportActor.Props(stream, source.StreamEnd, supervisor, settings),
                        options.RetryPath,
                        cause =>
                        {
                            log.Write(LogLevel.Critical, cause.Message);
                            provider.GetRequiredService<IHostApplicationLifetime>().StopApplication();
                        }),
                    "channel");
            }));

        using var host = builder.Build();
        host.Run();
        return 0;
    }
}
