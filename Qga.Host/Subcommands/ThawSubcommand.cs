using Newtonsoft.Json;
using Qga.Actors.Freeze;
using Qga.Host.CommandLine;
using Qga.Host.Control;
using Qga.Host.Freeze;
using Qga.Platform;
using Qga.Platform.Audit;
using Qga.Platform.Freeze;
using Qga.Platform.Freeze.Evidence;
using Qga.Platform.Freeze.Guardian;
using Qga.Platform.Logging;
using Qga.Platform.Timekeeping;
using Qga.Platform.Work;

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
        Takes the options of the agent. Does nothing if no agent has frozen them. What a guardian guards that lives is found without any
        options, and where the configuration file can't be used.
        Exit status: 0 if nothing of an agent's is frozen any more, 2 otherwise.

        """;

    protected override int Run(Func<StartupDecision.Serve> read, TextWriter output, TextWriter error)
    {
        if (!Environment.IsPrivilegedProcess)
            return Fail(error, "only root can thaw the guest");
        try
        {
            return Agents.FirstOrDefault(agent => agent.IsFrozen) is { } agent
                ? Tell(output, $"{agent.Ask("guest-fsfreeze-thaw", ThawLimit)}")
                : ThawWhatIsLeft(read, output, error);
        }
        catch (Exception failure) when (failure is OptionsException or PlatformException or JsonException)
        {
            return Fail(error, failure.Message);
        }
    }

    /// <summary>
    /// The way out of a freeze depends on no file: where the configuration can't be used, what guardians know of their agents
    /// does.
    /// </summary>
    private int ThawWhatIsLeft(Func<StartupDecision.Serve> read, TextWriter output, TextWriter error)
    {
        var guarded = GuardedState.All();
        StartupDecision.Serve run;
        try
        {
            run = read();
        }
        catch (OptionsException failure)
        {
            error.WriteLine($"{Usage.ProgramName}: warning: {Printable.Of(failure.Message)}; going on without it");
            run = WithoutFile(failure.Message);
        }

        // An option is meant to the exclusion of others.
        var options = run.IsProvisional ? FrozenStart.With(run, guarded).Options : run.Options;
        IEnumerable<AgentOptions> others = run.Options.IsStateDirectoryOfOption ? [] : guarded
            .Where(state => state.Directory != options.StateDirectory)
            .Select(state => options with { StateDirectory = state.Directory, FsFreezeHook = state.Hook, FsFreezeHookTimeout = state.HookLimit });
        return others.Prepend(options).ToList().Max(each => ThawWhatIsLeft(each, output, error));
    }

    private static int Tell(TextWriter output, string count)
    {
        output.WriteLine($"thawed {count} filesystems");
        return 0;
    }

    private static int ThawWhatIsLeft(AgentOptions options, TextWriter output, TextWriter error)
    {
        var guest = new FrozenGuest(options);
        if (!IsFrozen(guest, error))
        {
            ControlSocket.RemoveLeftovers();
            return 0;
        }

        using var log = AgentLog.Open(path: null, options.LogsEverything);
        using var audit = new AuditTrail(options.AuditSettings, Usage.ProgramName, log, TimeProvider.System);
        audit.Hold();
        var evidence = new FreezeEvidence(BootClock.Instance, options.StateDirectory) { Thawer = Thawer.Subcommand };
        new FreezeLedger(evidence, FreezeLedger.SharedFile, audit, new FreezeTally()).Open(isFrozen: true);
        var steps = Composition.StepsOf(
            options,
            guest,
            isFrozen: true,
            log,
            audit,
            new AuditAlone(audit),
            new LinuxMountedFileSystems(),
            new WorkerPool(WorkerPool.Unlimited),
            evidence);
        if (guest.LeftBehind is not null)
            steps.TakeOver();
        var report = steps.Thaw(FreezeEnder.Root);
        foreach (var line in guest.LeftBehind is null ? guest.Guardians.EndOthers(ours: null) : [])
            log.Write(LogLevel.Warning, line);
        var failure = report.Failure;
        try
        {
            steps.RunHook(FreezeHookAction.Thaw, FreezeHookReason.Exit);
        }
        catch (FreezeHookException hook)
        {
            failure ??= hook;
        }

        // An agent that has ended while the guest was frozen has left its own.
        ControlSocket.RemoveLeftovers();
        _ = Tell(output, $"{report.Count}");
        foreach (var skipped in report.Skipped)
            _ = Fail(error, skipped);
        return failure is not null ? Fail(error, failure.Message) : report.Skipped.Count > 0 ? Trouble : 0;
    }

    /// <summary>What can't be told is taken for frozen, as an agent would.</summary>
    private static bool IsFrozen(FrozenGuest guest, TextWriter error)
    {
        try
        {
            return guest.Find();
        }
        catch (PlatformException failure)
        {
            _ = Fail(error, failure.Message);
            return true;
        }
    }

    /// <summary>This process has no other file that a freeze could hold up. It begins with the audit held.</summary>
    private sealed class AuditAlone(AuditTrail audit) : IOwnFiles
    {
        public bool Hold(TimeSpan limit) => true;

        public void Release() => audit.Release();
    }
}
