using Newtonsoft.Json;
using Qga.Actors.Domains;
using Qga.Actors.Freeze;
using Qga.Host.CommandLine;
using Qga.Host.Control;
using Qga.Platform;
using Qga.Platform.Freeze;
using Qga.Platform.Logging;
using Qga.Platform.Processes;

namespace Qga.Host.Subcommands;

/// <summary>
/// <c>qga thaw</c>: thaws the guest. An agent that runs is asked to; what one has left frozen that runs no more is taken on as a new agent
/// would, and thawed.
/// </summary>
internal sealed class ThawSubcommand : Subcommand
{
    private static readonly TimeSpan ThawLimit = TimeSpan.FromMinutes(2);

    protected override string Help => """
        Usage: qga thaw [OPTIONS]
        Thaws the guest's filesystems: by the agent that runs, or, if one has ended and left them frozen, in its place.
        Takes the options of the agent. Does nothing if no agent has frozen them.
        Exit status: 0 if nothing of an agent's is frozen any more, 2 otherwise.

        """;

    protected override int Run(Func<StartupDecision.Run> read, TextWriter output, TextWriter error)
    {
        try
        {
            return LocalAgent.All().FirstOrDefault(agent => agent.IsFrozen) is { } agent
                ? Tell(output, $"{agent.Ask("guest-fsfreeze-thaw", ThawLimit)}")
                : ThawWhatIsLeft(read().Options, output, error);
        }
        catch (Exception failure) when (failure is OptionsException or PlatformException or JsonException)
        {
            return Fail(error, failure.Message);
        }
    }

    private static int Tell(TextWriter output, string count)
    {
        output.WriteLine($"thawed {count} filesystems");
        return 0;
    }

    private static int ThawWhatIsLeft(AgentOptions options, TextWriter output, TextWriter error)
    {
        Spawner.Prepare();
        var guest = new FrozenGuest(options);
        if (!guest.Find())
            return 0;

        using var log = AgentLog.Open(path: null, options.Verbose, Usage.ProgramName);
        var freezer = guest.Freezer(isFrozen: true, log, new NothingToRest(), new LinuxFileSystemFreezer(), new WorkerPool(int.MaxValue / 2));
        if (guest.Guardian is not null)
            freezer.TakeOver();
        var report = freezer.Thaw();
        var failure = report.Failure;
        try
        {
            freezer.RunHook(FreezeHookAction.Thaw, FreezeHookReason.Exit);
        }
        catch (FreezeHookException hook)
        {
            failure ??= hook;
        }

        _ = Tell(output, $"{report.Count}");
        return failure is null ? 0 : Fail(error, failure.Message);
    }

    /// <summary>This process has nothing that a freeze could hold up.</summary>
    private sealed class NothingToRest : IAgentRest
    {
        public void Begin()
        {
        }

        public bool Hold(TimeSpan limit) => true;

        public void Release()
        {
        }

        public void End(FrozenSpan? frozen)
        {
        }
    }
}
