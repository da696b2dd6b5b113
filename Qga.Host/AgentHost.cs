using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Qga.Host.CommandLine;
using Qga.Host.Control;
using Qga.Host.Hosting;

namespace Qga.Host;

/// <summary>Runs the agent: starts its actors, reads its settings anew, and waits for its end.</summary>
/// <param name="agent">What it is made of.</param>
internal sealed class AgentHost(Composition agent)
{
    /// <summary>Serves until a signal ends the agent, or its channel is lost for good.</summary>
    /// <returns>The exit code.</returns>
    internal int Run()
    {
        NoAppConfiguration.Install();
        agent.Services.FreezeView.Settled = OnFreezeSettled;
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton<IHostLifetime, SignalLifetime>(_ => new SignalLifetime(agent.End, Reload));
        builder.Services.AddAkka("qga", akka => akka
            .AddHocon(AkkaConfiguration.Hocon(agent.Settings.Options.LogsEverything), HoconAddMode.Prepend)
            .WithActors((system, _) => Start(system)));

        using (agent.Memory)
        using (var host = builder.Build())
        {
            host.Start();
            host.WaitForShutdownAsync(agent.End.Ended).GetAwaiter().GetResult();
        }

        agent.Status.Stopping();

        // It may be on a filesystem that is frozen.
        if (agent.Services.FreezeView.Facts.IsThawed)
            ControlSocket.Remove();
        return agent.Channel.HasOpened ? ExitCode.Success : ExitCode.Failure;
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
            agent.Settings.Reload();
        },
        agent.Status.Ready,
        isCleanup: true,
        name: "reading the settings anew");
}
