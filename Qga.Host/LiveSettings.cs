using Akka.Actor;
using Qga.Actors;
using Qga.Actors.Commands;
using Qga.Host.CommandLine;
using Qga.Platform.Freeze;
using Qga.Platform.Logging;

namespace Qga.Host;

/// <summary>
/// The settings in effect. A reload opens the log anew and takes the lists from what is configured by then; all else holds until the next
/// start. If the configuration can't be used, everything stays as it is.
/// </summary>
/// <param name="options">Those of the start.</param>
/// <param name="read">Reads the command line and the configuration file anew.</param>
/// <param name="log">Where the outcome is told, and what is opened anew.</param>
internal sealed class LiveSettings(AgentOptions options, Func<StartupDecision.Run> read, AgentLog log)
{
    private static readonly string[] Reloaded = ["block-rpcs", "allow-rpcs", "fsfreeze-exclude"];

    private readonly Lock _gate = new();
    private readonly Lock _reloading = new();
    private (AgentOptions Options, CommandFilter Filter) _current = (options, FilterOf(options));

    internal AgentOptions Options
    {
        get
        {
            lock (_gate)
                return _current.Options;
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

    /// <summary>Has the agent use the lists: a reload may have come before it was there.</summary>
    internal void Apply(IActorRef agent) =>
        agent.Tell(new AgentSupervisor.Reconfigure(Filter, new FreezeExclusions(Options.FsFreezeExclude)));

    /// <summary>Reads the settings anew, one reload after the other, and has the agent use the lists.</summary>
    internal void Reload(IActorRef agent)
    {
        lock (_reloading)
        {
            if (Options.LogFile is { } file)
                log.Reopen(file);
            StartupDecision.Run fresh;
            try
            {
                fresh = read();
            }
            catch (OptionsException failure)
            {
                log.Write(LogLevel.Critical, failure.Message);
                log.Write(LogLevel.Critical, "the settings stay as they were");
                return;
            }

            foreach (var warning in fresh.Warnings)
                log.Write(LogLevel.Warning, warning);
            foreach (var key in ChangedKeys(Options, fresh.Options))
                log.Write(LogLevel.Warning, $"key {key} has changed, which takes effect at the next start");
            Take(fresh.Options);
            Apply(agent);
            log.Write(LogLevel.Info, "the settings were read anew");
        }
    }

    private void Take(AgentOptions fresh)
    {
        var renewed = Options with
        {
            BlockRpcs = fresh.BlockRpcs,
            AllowRpcs = fresh.AllowRpcs,
            FsFreezeExclude = fresh.FsFreezeExclude,
            ConfigurationFile = fresh.ConfigurationFile,
            OfFile = fresh.OfFile,
        };
        lock (_gate)
            _current = (renewed, FilterOf(renewed));
    }

    private static CommandFilter FilterOf(AgentOptions options) => new(options.AllowRpcs, options.BlockRpcs);

    /// <summary>The keys that a reload does not take.</summary>
    private static IEnumerable<string> ChangedKeys(AgentOptions current, AgentOptions fresh)
    {
        // The service manager's socket stands in place of what is configured.
        if (current.Activation is not null)
            fresh = fresh with { Method = current.Method, Path = current.Path };
        return Values(current).Except(Values(fresh)).Union(Values(fresh).Except(Values(current)))
            .Select(value => value.Key)
            .Except(Reloaded)
            .Distinct();
    }

    private static List<(string Key, string? Value)> Values(AgentOptions options)
    {
        var file = options.ToKeyFile();
        return file.Groups.SelectMany(group => file.Keys(group).Select(key => (key, file.GetString(group, key)))).ToList();
    }
}
