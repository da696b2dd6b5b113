using Qga.Platform.Processes;

namespace Qga.Platform.Freeze.Guardian;

/// <summary>
/// What a guardian that lives guards, as its command line tells: for whoever does not know how its agent was started.
/// </summary>
/// <param name="Directory">The state directory.</param>
/// <param name="Hook">The program that is called after the thaw; null for none.</param>
/// <param name="HookLimit">How long that may take.</param>
public sealed record GuardedState(string Directory, string? Hook, TimeSpan HookLimit)
{
    /// <summary>Those of all guardians of this guest that have one: they run our own executable as our user, and see our filesystems.</summary>
    /// <exception cref="PlatformException">The processes can't be listed.</exception>
    public static IReadOnlyList<GuardedState> All() => ProgramIdentity.Of(Environment.ProcessId) is not { } ours ? [] :
    [
        .. (from guardian in GuardianProcesses.All(ours)
            let settings = GuardianSettings.Parse([.. guardian.CommandLine.Skip(1)])
            where settings?.Marker is not null
            select new GuardedState(Path.GetDirectoryName(settings.Marker)!, settings.Hook, settings.HookLimit)).Distinct()
    ];
}
