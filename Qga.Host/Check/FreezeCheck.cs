using Qga.Host.CommandLine;
using Qga.Platform;
using Qga.Platform.Diagnosis;
using Qga.Platform.Freeze;

namespace Qga.Host.Check;

/// <summary>What a freeze would reach, and what would refuse it.</summary>
internal static class FreezeCheck
{
    private const string Subject = "freeze";

    internal static IEnumerable<Finding> Run(AgentOptions options)
    {
        var exclusions = new FreezeExclusions(options.FsFreezeExclude);
        var all = FileSystemSurvey.FileSystems();
        foreach (var fileSystem in all)
            yield return Of(fileSystem, exclusions);
        foreach (var pattern in exclusions.Idle([.. all.Select(fileSystem => fileSystem.MountPoint)]))
            yield return new Finding(
                Severity.Warning, Subject, $"fsfreeze-exclude names {pattern}, where no filesystem is mounted: it keeps none out");
        var wanted = all.Select(fileSystem => fileSystem.MountPoint).Where(mountPoint => !exclusions.Excludes(mountPoint)).ToList();
        if (Refusal(wanted) is { } refusal)
            yield return new Finding(Severity.Error, Subject, refusal);
        if (!all.Any(fileSystem => fileSystem is { CanFreeze: true, MountPoint.IsHidden: false } && wanted.Contains(fileSystem.MountPoint)))
            yield return new Finding(Severity.Warning, Subject, "no filesystem can be frozen: a snapshot is as after a loss of power");
        if (options.FsFreezeTimeout is null)
            yield return new Finding(
                Severity.Warning, Subject, "fsfreeze-timeout is 0: a host that forgets the thaw leaves the guest frozen for good");
    }

    private static Finding Of(SurveyedFileSystem fileSystem, FreezeExclusions exclusions)
    {
        var name = $"{fileSystem.MountPoint.Path} ({fileSystem.MountPoint.Type})";
        return fileSystem switch
        {
            _ when exclusions.Excludes(fileSystem.MountPoint) => new Finding(Severity.Ok, Subject, $"{name} is kept out by fsfreeze-exclude"),
            { MountPoint.IsReadOnly: true } => new Finding(Severity.Ok, Subject, $"{name} is read-only: nothing changes there"),
            { MountPoint.IsHidden: true } => new Finding(
                Severity.Warning,
                Subject,
                $"{fileSystem.MountPoint} is unreachable and not frozen with the rest: another filesystem is mounted over it. Unmount that"),
            { CanFreeze: true } => new Finding(Severity.Ok, Subject, $"{name} can be frozen"),
            _ => new Finding(
                Severity.Warning,
                Subject,
                $"{name} can't be frozen: what is written there during a snapshot may be torn. If that is well, name it in fsfreeze-exclude"),
        };
    }

    /// <summary>Why a freeze would be refused; null if it would not.</summary>
    private static string? Refusal(IReadOnlyList<Platform.Storage.MountPoint> wanted)
    {
        try
        {
            _ = new LinuxMountedFileSystems().FreezeOrder(wanted);
            return null;
        }
        catch (Exception failure) when (failure is FreezeException or PlatformException)
        {
            return failure.Message;
        }
    }
}
