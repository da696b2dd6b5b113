using Qga.Host.CommandLine;
using Qga.Platform;
using Qga.Platform.Freeze.Guardian;
using Qga.Platform.State;

namespace Qga.Host.Freeze;

/// <summary>
/// A start that must not fail for a wrong option or file: the guest is frozen, and without an agent its host can't thaw it. It
/// has what the command line says and nothing of the file, and of the guardian where its state is and what hook there is.
/// </summary>
internal static class FrozenStart
{
    /// <param name="loader">Reads the command line.</param>
    /// <param name="arguments">The command line.</param>
    /// <param name="launcher">The process that a daemon was started by.</param>
    /// <param name="reason">Why the agent could not start.</param>
    /// <returns>Null if nothing is frozen, or the command line alone is not enough.</returns>
    internal static StartupDecision.Serve? TryMake(OptionsLoader loader, IReadOnlyList<string> arguments, int? launcher, string reason)
    {
        try
        {
            var guarded = GuardedState.All();
            var run = With(
                loader.WithoutFile(
                    arguments,
                    $"{reason}; the agent starts nevertheless, with what is safe while the guest is frozen, "
                    + "and reads the settings again at the thaw"),
                guarded);
            return IsFrozen(run.Options.StateDirectory, guarded) ? run with { Options = loader.SettleChannel(run.Options, launcher) } : null;
        }
        catch (Exception failure) when (failure is OptionsException or PlatformException)
        {
            return null;
        }
    }

    /// <summary>The options with what a guardian knows of its agent, where they say nothing else.</summary>
    internal static StartupDecision.Serve With(StartupDecision.Serve run, IReadOnlyList<GuardedState> guarded)
    {
        var options = run.Options;
        var state = guarded.FirstOrDefault(state => state.Directory == options.StateDirectory)
            ?? (options.StateDirectory == StateDirectory.Default && guarded is [var any, ..] ? any : null);
        return state is null ? run : run with
        {
            Options = options with
            {
                StateDirectory = state.Directory,
                FsFreezeHook = options.FsFreezeHook ?? state.Hook,
                FsFreezeHookTimeout = state.HookLimit,
            },
        };
    }

    /// <summary>What can't be told is taken for frozen.</summary>
    private static bool IsFrozen(string directory, IReadOnlyList<GuardedState> guarded)
    {
        try
        {
            return guarded.Any(state => state.Directory == directory) || new FrozenMarker(directory).Exists();
        }
        catch (PlatformException)
        {
            return true;
        }
    }
}
