using Akka.Actor;
using Qga.Actors;
using Qga.Actors.Commands;
using Qga.Platform.Audit;
using Qga.Platform.Diagnosis;
using Qga.Platform.Freeze;
using Qga.Platform.Logging;
using Qga.Platform.Policy;

namespace Qga.Host.CommandLine;

/// <summary>
/// The settings in effect. A reload opens the log anew and takes the lists and the policy from what is configured by then; all else holds until
/// the next start. If the configuration can't be used, or the file is gone that was in effect, everything stays as it is; if the rules of the
/// policy can't be used, those before stay.
/// </summary>
/// <param name="start">Those of the start.</param>
/// <param name="read">Reads the command line and the configuration file anew.</param>
/// <param name="log">Where the outcome is told, and what is opened anew.</param>
/// <param name="audit">Opened anew too.</param>
internal sealed class LiveSettings(StartupDecision.Serve start, Func<StartupDecision.Serve> read, AgentLog log, AuditTrail audit)
{
    private readonly Lock _gate = new();
    private readonly Lock _reloading = new();
    private (StartupDecision.Serve Run, CommandFilter Filter) _current = (start, FilterOf(start, PolicyAtStart(start, log)));

    /// <summary>Nobody until <see cref="Apply"/>: a signal to reload may come before there are actors.</summary>
    private IActorRef _agent = ActorRefs.Nobody;

    internal AgentOptions Options => Current.Options;

    /// <summary>What is odd about them.</summary>
    internal IReadOnlyList<Finding> Warnings => Current.Warnings;

    /// <summary>Whether the agent was started without knowing all that is configured, and does only what is safe then.</summary>
    internal bool IsProvisional => Current.IsProvisional;

    private StartupDecision.Serve Current
    {
        get
        {
            lock (_gate)
                return _current.Run;
        }
    }

    internal CommandFilter Filter
    {
        get
        {
            lock (_gate)
                return _current.Filter;
        }
    }

    /// <summary>Has the agent use the lists, from now on after each reload.</summary>
    internal void Apply(IActorRef agent)
    {
        // Not between a reload's reading of the lists and its telling of them.
        lock (_reloading)
        {
            _agent = agent;
            Tell();
        }
    }

    /// <summary>Reads the settings anew, one reload after the other, and has the agent use the lists.</summary>
    /// <returns>False if they stay as they were.</returns>
    internal bool Reload()
    {
        lock (_reloading)
        {
            audit.Reopen();
            if (Options.LogFile is { } file)
                log.Reopen(file);
            StartupDecision.Serve fresh;
            try
            {
                fresh = read();
                RefuseLoss(fresh.Options);
            }
            catch (OptionsException failure)
            {
                log.Write(LogLevel.Critical, failure.Message);
                log.Write(LogLevel.Critical, "the settings stay as they were");
                return false;
            }

            foreach (var warning in fresh.Warnings)
                log.Write(LogLevel.Warning, warning.Text);
            foreach (var key in ChangedKeys(Options, fresh.Options))
                log.Write(LogLevel.Warning, $"key {key} has changed, which takes effect at the next start");
            if (IsProvisional && fresh.Options.FsFreezeHook != Options.FsFreezeHook)
            {
                log.Write(
                    LogLevel.Critical,
                    "the agent was started without its hook, and does only what is safe while frozen till it is started again");
                return false;
            }

            var before = Filter;
            Take(fresh, PolicyOf(fresh));
            foreach (var spec in Options.Catalog.All.Where(spec => !before.Allows(spec) && Filter.Allows(spec)))
                log.Write(LogLevel.Warning, $"{spec.Name} was disabled and is allowed now");
            Tell();
            log.Write(LogLevel.Info, "the settings were read anew");
            return true;
        }
    }

    /// <summary>
    /// A file that is missing or empty for a moment, as while it is being replaced or written, would lift every block. Whoever means it
    /// restarts the agent.
    /// </summary>
    private void RefuseLoss(AgentOptions fresh)
    {
        if ((Options.OfFile is null && !IsProvisional) || fresh.OfFile is not null)
            return;
        var state = fresh.ConfigurationFile is null ? "missing" : "empty";
        throw new OptionsException(
            $"the configuration file {Options.ConfigurationFile ?? fresh.ConfigurationFile} is {state}: only a start takes that for its removal");
    }

    /// <summary>The policy at the start: rules that can't be used refuse everything that can be refused.</summary>
    private static GuestPolicy? PolicyAtStart(StartupDecision.Serve start, AgentLog log)
    {
        // Where they are is in the settings that can't be used; what is safe while frozen is no matter of rules.
        if (start.IsProvisional)
            return null;
        var policy = ConfiguredPolicy.LoadOrRefuse(start.Options);
        ConfiguredPolicy.Tell(policy, log);
        return policy;
    }

    /// <summary>
    /// The policy after a reload. Rules that are missing are taken for being replaced, as the configuration file is. Those that can't be used
    /// leave the ones before in effect; if there are none, somebody has meant to have some, and all is refused as at a start.
    /// </summary>
    private GuestPolicy? PolicyOf(StartupDecision.Serve fresh)
    {
        if (IsProvisional)
            return PolicyAtStart(fresh, log);
        var before = Filter.Policy;
        try
        {
            var policy = ConfiguredPolicy.Load(fresh.Options);
            if (policy is null && before is not null && fresh.Options.PolicyMode != PolicyMode.Off)
                throw new PolicyException(fresh.Options.PolicyDirectory, 0, "there are no rules any more: only a start takes that for their removal");
            if (policy is not null && before is not null)
                policy.ContinueRatesOf(before);
            ConfiguredPolicy.Tell(policy, log);
            return policy;
        }
        catch (PolicyException failure) when (before is null or { Fault: not null })
        {
            var refusing = ConfiguredPolicy.Refusing(fresh.Options, failure);
            ConfiguredPolicy.Tell(refusing, log);
            return refusing;
        }
        catch (PolicyException failure)
        {
            log.Write(LogLevel.Critical, failure.Message);
            log.Write(LogLevel.Critical, "the policy stays as it was");
            return before!.Under(fresh.Options.PolicyMode == PolicyMode.Enforce).Instead(failure);
        }
    }

    private void Tell() => _agent.Tell(new CommandProtocol.Reconfigure(Filter, new FreezeExclusions(Options.FsFreezeExclude)));

    private void Take(StartupDecision.Serve fresh, GuestPolicy? policy)
    {
        var renewed = Settings.All.Aggregate(Options, (options, setting) => setting.Renew?.Invoke(options, fresh.Options) ?? options) with
        {
            ConfigurationFile = fresh.Options.ConfigurationFile,
            OfFile = fresh.Options.OfFile,
        };
        lock (_gate)
            _current = (fresh with { Options = renewed }, FilterOf(fresh, policy));
    }

    private static CommandFilter FilterOf(StartupDecision.Serve run, GuestPolicy? policy) => new(
        run.IsProvisional
            ? [.. GuestCommands.Catalog.All.Where(spec => spec.Is(CommandTraits.FrozenSafe)).Select(spec => spec.Name)]
            : run.Options.AllowRpcs,
        run.Options.BlockRpcs,
        policy);

    /// <summary>The keys that a reload does not take.</summary>
    private static IEnumerable<string> ChangedKeys(AgentOptions current, AgentOptions fresh)
    {
        // The service manager's socket stands in place of what is configured.
        if (current.Activation is not null)
            fresh = fresh with { Method = current.Method, Path = current.Path };
        return Settings.All
            .Where(setting => setting.Renew is null && setting.ValueIn(current) != setting.ValueIn(fresh))
            .Select(setting => setting.Key);
    }
}
