using Qga.Platform.Diagnosis;
using Qga.Platform.Native;
using Qga.Platform.Proc;
using Qga.Platform.Processes;
using Qga.Platform.State;

namespace Qga.Platform.Freeze.Guardian;

/// <summary>
/// Guardians as /proc shows them: for an agent that can't reach the one of its freeze, and for whoever does not know how its agent was started.
/// </summary>
internal static class GuardianProcesses
{
    /// <summary>
    /// All guardians: processes of our user that run the program, or ran it before an upgrade. No other process is asked for its command
    /// line: it can say what its user likes, and the answer may never come while the guest is frozen.
    /// </summary>
    /// <param name="program">What they are.</param>
    /// <returns>Each with its command line, the program's name first.</returns>
    /// <exception cref="PlatformException">The processes can't be listed.</exception>
    internal static IEnumerable<(int Process, IReadOnlyList<string> CommandLine)> All(ProgramIdentity program)
    {
        var user = LibC.EffectiveUserId();
        foreach (var process in ProcessTable.OtherIds())
        {
            // What was read is that process's if it is the same afterwards: its number may have become another's.
            if (IsOurs(process) && ProcessTable.ArgumentsOf(process) is [GuardianSettings.ProgramName, ..] arguments && IsOurs(process))
                yield return (process, arguments);
        }

        bool IsOurs(int process) =>
            LibC.Status($"/proc/{process}", out var status) == Errno.Success && status.Uid == user && program.IsOf(process);
    }

    /// <summary>The guardians of a state directory, whatever the path to it.</summary>
    /// <param name="program">What they are.</param>
    /// <param name="stateDirectory">Where their marker is.</param>
    internal static IReadOnlyList<int> Of(ProgramIdentity program, string stateDirectory)
    {
        if (LibC.Status(stateDirectory, out var directory) != Errno.Success)
            return [];
        return
        [
            .. from guardian in All(program)
               where GuardianSettings.MarkerOf(guardian.CommandLine) is { } marker
                   && LibC.Status(Path.GetDirectoryName(marker) ?? "/", out var theirs) == Errno.Success && theirs.IsSameFileAs(directory)
               select guardian.Process
        ];
    }

    /// <summary>Whether a guardian's freeze is known to be over: it holds a marker that was removed.</summary>
    internal static bool IsOver(int process)
    {
        var files = $"/proc/{process}/fd";
        _ = LibC.List(files, out var numbers);
        return numbers.Exists(number => LibC.ReadLink($"{files}/{number}", out var target) == Errno.Success
            && target.EndsWith($"/{FrozenMarker.Name} (deleted)", StringComparison.Ordinal));
    }

    /// <summary>Ends a guardian that has nothing to do any more.</summary>
    /// <returns>What became of it. One that is thawing in the kernel is left there: btrfs would take no more writes after its end.</returns>
    internal static string End(ProgramIdentity program, int process)
    {
        const string Ended = "could not be reached, and was ended";
        using var handle = LibC.OpenProcess(process);
        if (!program.IsOf(process))
            return Ended;
        if (IsInKernel(process))
            return "can't be reached, and is thawing";
        var errno = handle.IsInvalid ? Errno.ENOSYS : LibC.SignalProcess(handle, LibC.SIGKILL);
        if (errno is Errno.ENOSYS or Errno.EPERM)
            errno = LibC.SignalChild(process, LibC.SIGKILL);
        return errno is Errno.Success or Errno.ESRCH ? Ended : $"can't be reached, and not be ended: {LibC.TextOf(errno)}";
    }

    /// <summary>Whether one of its threads is in the kernel, and not to be disturbed there: it thaws.</summary>
    internal static bool IsInKernel(int process)
    {
        var tasks = $"/proc/{process}/task";
        _ = LibC.List(tasks, out var threads);
        return threads.Exists(thread => ProcessStat.Read($"{tasks}/{thread}/stat") is { State: 'D' });
    }
}
