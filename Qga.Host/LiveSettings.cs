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

    /// <summary>Reads the settings anew.</summary>
    /// <param name="apply">Has the actors use the lists.</param>
    internal void Reload(Action<AgentSupervisor.Reconfigure> apply)
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

        lock (_gate)
        {
            var renewed = _current.Options with
            {
                BlockRpcs = fresh.Options.BlockRpcs,
                AllowRpcs = fresh.Options.AllowRpcs,
                FsFreezeExclude = fresh.Options.FsFreezeExclude,
                ConfigurationFile = fresh.Options.ConfigurationFile,
                OfFile = fresh.Options.OfFile,
            };
            _current = (renewed, FilterOf(renewed));
            apply(new AgentSupervisor.Reconfigure(_current.Filter, new FreezeExclusions(renewed.FsFreezeExclude)));
        }

        log.Write(LogLevel.Info, "the settings were read anew");
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
