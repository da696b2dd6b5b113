using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Qga.Host.Audit;
using Qga.Host.CommandLine;
using Qga.Host.Control;
using Qga.Host.Hosting;

namespace Qga.Host;

/// <summary>Runs the agent: starts its actors, reads its settings anew, and waits for its end.</summary>
/// <param name="agent">What it is made of.</param>
internal sealed class AgentHost(Composition agent)
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    /// <summary>Serves until a signal ends the agent, or its channel is lost for good.</summary>
    /// <returns>The exit code.</returns>
    internal int Run()
    {
        NoAppConfiguration.Install();
        agent.Services.FreezeView.Settled = OnFreezeSettled;
        using var lifetime = new HostLifetime(agent.End.Ended);
        using (agent.Memory)
        using (new Signals(agent.End, Reload))
        using (var services = ServicesOf(lifetime).BuildServiceProvider())
        {
            var akka = services.GetRequiredService<IHostedService>();
            agent.Audit.Record(AuditEvents.Started(agent.Settings));
            akka.StartAsync(CancellationToken.None).GetAwaiter().GetResult();
            agent.Memory.Started();
            lifetime.ApplicationStopping.WaitHandle.WaitOne();
            using var limit = new CancellationTokenSource(StopLimit);
            akka.StopAsync(limit.Token).GetAwaiter().GetResult();
        }

        agent.Audit.Record(AuditEvents.Stopped());
        agent.Status.Stopping();

        // It may be on a filesystem that is frozen.
        if (agent.Services.FreezeView.Facts.IsThawed)
            ControlSocket.Remove();
        return agent.Channel.HasOpened ? ExitCode.Success : ExitCode.Failure;
    }

    /// <summary>What Akka.Hosting asks for, and no more: .NET's generic host would take a third of the start to make what is not used here.</summary>
    private ServiceCollection ServicesOf(HostLifetime lifetime)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IHostApplicationLifetime>(lifetime);
        services.AddSingleton<ILogger<AkkaHostedService>>(NullLogger<AkkaHostedService>.Instance);
        services.AddAkka("qga", akka => akka
            .AddHocon(AkkaConfiguration.Hocon(agent.Settings.Options.LogsEverything), HoconAddMode.Prepend)
            .WithActors((system, _) => Start(system)));
        return services;
    }

    private void Start(ActorSystem system)
    {
        agent.End.ActBy(agent.StartActors(system));
        agent.Status.Ready();
    }

    private void OnFreezeSettled()
    {
        agent.Status.OnFreezeSettled();
        if (agent.Settings.IsProvisional && agent.Services.FreezeView.Facts.IsThawed)
            Reload();
    }

    /// <summary>On a worker: the files may be on a filesystem that does not answer.</summary>
    private void Reload() => agent.Services.FreezeWorkers.TryStart(
        () =>
        {
            agent.Status.Reloading();
            var isNew = agent.Settings.Reload();
            MoveAudit(agent.Settings.Options);
            agent.Audit.Record(AuditEvents.Reloaded(agent.Settings, isNew));
        },
        agent.Status.Ready,
        isCleanup: true,
        name: "reading the settings anew");

    /// <summary>Where records go no more is told where they go instead.</summary>
    private void MoveAudit(AgentOptions options)
    {
        if (options.AuditSettings == agent.Audit.Settings)
            return;
        agent.Audit.Record(AuditEvents.Moved(options));
        agent.Audit.MoveTo(options.AuditSettings);
        agent.Log.Write(Platform.Logging.LogLevel.Warning, $"what the host does is recorded by {AuditEvents.TextOf(options)} from now on");
    }
}
