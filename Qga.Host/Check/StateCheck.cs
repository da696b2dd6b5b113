using Qga.Host.CommandLine;
using Qga.Host.Control;
using Qga.Platform.Diagnosis;
using Qga.Platform.Freeze;
using Qga.Platform.State;
using Qga.Platform.Trust;

namespace Qga.Host.Check;

/// <summary>Whether the agent can keep its state, also while the guest is frozen.</summary>
internal static class StateCheck
{
    private const string Subject = "state";

    internal static IEnumerable<Finding> Run(AgentOptions options, IReadOnlyList<LocalAgent> agents)
    {
        var directory = options.StateDirectory;
        if (!directory.StartsWith('/'))
        {
            yield return Unusable($"{directory} is no absolute path");
            yield break;
        }

        if (directory == StateDirectory.Default && !FileTrust.IsDirectory(directory))
        {
            yield return new Finding(Severity.Ok, Subject, $"{directory} is made at the start");
            yield break;
        }

        if (!FileTrust.IsWritableDirectory(directory))
        {
            yield return Unusable($"{directory} is no directory that can be written to");
            yield break;
        }

        if (StateDirectory.Weakness(directory) is { } weakness)
            yield return new Finding(Severity.Warning, Subject, weakness);
        var fileSystem = FileSystemSurvey.FileSystemOf(directory);
        yield return fileSystem is { CanFreeze: true } && !new FreezeExclusions(options.FsFreezeExclude).Excludes(fileSystem.MountPoint)
            ? new Finding(
                Severity.Warning,
                Subject,
                $"{directory} is on {fileSystem.MountPoint.Path}, which is frozen with the rest: "
                + "a guest that is reset while frozen starts as if it still were")
            : new Finding(Severity.Ok, Subject, $"{directory} takes part in no freeze");

        if (options.LogFile is { } log && !FileTrust.HasDirectory(log))
            yield return new Finding(Severity.Error, Subject, $"the directory of logfile {log} is missing: the agent can't start");
        if (new FrozenMarker(directory) is var marker && FileTrust.Exists(marker.Path) && agents.Count > 0 && agents.All(agent => !agent.IsFrozen))
        {
            yield return new Finding(
                Severity.Warning, Subject, $"{marker.Path} is there although nothing is frozen: the next start takes the guest for frozen");
        }

        Finding Unusable(string why) => new(Severity.Error, Subject, $"{why}: the agent can't start; it is {options.StateDirectoryOrigin}");
    }
}
