using Microsoft.Win32.SafeHandles;
using Qga.Platform.Audit;
using Qga.Platform.Freeze.Evidence;
using Qga.Platform.Logging;
using Qga.Platform.Native;
using Qga.Platform.OwnProcess;
using Qga.Platform.Processes;
using Qga.Platform.State;
using Qga.Platform.Timekeeping;

namespace Qga.Platform.Freeze.Guardian;

/// <summary>
/// The executable as a freeze guardian: no actors, no files, a little memory that stays. All that it takes to thaw the guest is
/// in its hands before the first filesystem is frozen.
/// </summary>
public static class FreezeGuardianProcess
{
    /// <summary>The runtime's setting, in the environment of a guardian and of no hook.</summary>
    internal const string HeapLimit = "DOTNET_GCHeapHardLimit";

    /// <summary>What such a process is started as.</summary>
    public const string Name = GuardianSettings.ProgramName;

    /// <summary>Whether this process was started to be one.</summary>
    public static bool IsRequested => Environment.GetCommandLineArgs()[0] == Name;

    /// <summary>Keeps watch, and thaws the guest if it comes to that.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(string[] arguments)
    {
        if (GuardianSettings.Parse(arguments) is not { } settings)
            return 1;

        ResourceLimits.Inherit();

        // A service manager's signals are for the agent, also those that it sends to everybody.
        foreach (var signal in (int[])[LibC.SIGHUP, LibC.SIGINT, LibC.SIGQUIT, LibC.SIGUSR1, LibC.SIGUSR2, LibC.SIGTERM])
            LibC.IgnoreSignal(signal);
        Environment.CurrentDirectory = "/";
        var agent = Inherit(GuardianSettings.ConnectionDescriptor);
        var mountPoints = new SafeFileHandle[settings.Devices.Count];
        var devices = new DeviceNumber[mountPoints.Length];
        for (var index = 0; index < mountPoints.Length; index++)
        {
            mountPoints[^(index + 1)] = Inherit(GuardianSettings.FirstMountPointDescriptor + index);
            devices[^(index + 1)] = settings.Devices[index];
        }

        var next = GuardianSettings.FirstMountPointDescriptor + mountPoints.Length;
        using var journal = LibC.Inherited(next) == Errno.Success ? new FreezeJournal(Inherit(next++)) : null;
        LibC.CloseFrom(next);

        var lack = LibC.LockMemory() == Errno.Success ? GuardianLack.None : GuardianLack.LockedMemory;
        using var protection = new OutOfMemoryProtection();
        if (!protection.IsGranted)
            lack |= GuardianLack.OutOfMemoryProtection;
        CoreDumps.Forbid();
        var fileSystems = new GuardedFileSystems(devices, mountPoints);
        var marker = new GuardedMarker(settings.Marker is { } path ? new FrozenMarker(Path.GetDirectoryName(path)!) : null);
        var watch = new GuardianWatch(agent, settings.Address, fileSystems, marker);
        if (settings.Address is not null && !watch.HasAddress)
            lack |= GuardianLack.Address;
        watch.Tell(new GuardianMessage(GuardianMessageKind.Ready, (long)lack));

        switch (watch.Wait())
        {
            case WatchEnd.Dismissed:
                watch.Tell(new GuardianMessage(GuardianMessageKind.Thawed, marker.IsOver ? 0 : fileSystems.Thaw().Thawed));
                break;
            case WatchEnd.Overdue when marker.IsOver:
                Log(["the freeze of this guardian has been ended by others: nothing was touched"]);
                break;
            case WatchEnd.Overdue:
                var began = LibC.BootTime();
                var (thawed, silent) = fileSystems.Thaw();
                protection.Dispose();
                CoreDumps.Allow();
                Environment.SetEnvironmentVariable(HeapLimit, null);
                string? hookFailure = null;
                if (settings.Marker is not null)
                {
                    // Before the marker goes: an agent that sees it gone makes a record of what is noted by then.
                    var now = Moment.NowForEarlier(BootClock.Instance);
                    var by = watch.IsStopped ? FreezeEnder.Exit : FreezeEnder.Deadline;
                    var ending = new FreezeEvent(FreezeEventKind.Ending, now.At(began), $"{by}", "", "");
                    _ = journal?.TryWrite([ending, .. MountedMeanwhile(journal, now), .. fileSystems.Account(now)]);
                    hookFailure = Conclude(marker, settings, journal, watch.HasAgent);
                    watch.Tell(new GuardianMessage(GuardianMessageKind.Thawed, thawed));
                }

                watch.AwaitNoAgent();
                if (watch.MayFreezeYet && !marker.IsThere)
                    fileSystems.Thaw();
                if (settings.Marker is not null)
                    Report(thawed, silent, hookFailure);
                break;
        }

        watch.Dispose();
        if (watch.RefusedProcesses > 0)
            Log([$"refused {watch.RefusedProcesses} connections of processes that are no agent"]);
        if (watch.RefusedMessages > 0)
            Log([$"refused {watch.RefusedMessages} messages that make no sense"]);
        return 0;
    }

    private static IEnumerable<FreezeEvent> MountedMeanwhile(FreezeJournal journal, Moment now)
    {
        try
        {
            return FreezeEvidence.MountedMeanwhile(FreezeRecord.Of(journal.Read()), new LinuxMountedFileSystems().MountPoints(), now);
        }
        catch (PlatformException)
        {
            // Nobody can tell what is mounted; what was frozen is known all the same.
            return [];
        }
    }

    private static SafeFileHandle Inherit(int descriptor)
    {
        LibC.CloseOnExec(descriptor);
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Does what belongs to a thaw: the marker goes, the hook runs. If an agent has done the first, it does the second too.</summary>
    /// <returns>How the hook has failed; null if it has not.</returns>
    private static string? Conclude(GuardedMarker marker, GuardianSettings settings, FreezeJournal? journal, bool hasAgent)
    {
        if (!marker.TryRemove() && hasAgent)
            return null;
        string? failure = null;
        if (settings.Hook is { } hook)
        {
            Note(FreezeEventKind.HookBegan, FreezeHookAction.Thaw.Word(), FreezeHookReason.Deadline.Word());
            failure = FailureOf(hook, settings.HookLimit);
            Note(FreezeEventKind.HookEnded, failure is null ? [] : [failure]);
        }

        Note(FreezeEventKind.Ended);
        return failure;

        void Note(FreezeEventKind kind, params string[] values) =>
            _ = journal?.TryWrite(new FreezeEvent(kind, Moment.Now(BootClock.Instance), values));
    }

    private static string? FailureOf(string hook, TimeSpan limit)
    {
        try
        {
            // Not before: a guardian that runs no hook needs no thread for it.
            Spawner.Prepare();
            new FreezeHook(hook, limit).Run(FreezeHookAction.Thaw, FreezeHookReason.Deadline);
            return null;
        }
        catch (Exception failure) when (failure is FreezeHookException or PlatformException)
        {
            return failure.Message;
        }
    }

    private static void Report(int thawed, int silent, string? hookFailure)
    {
        var silence = silent > 0 ? $", {silent} did not answer" : "";
        Log([
            $"the freeze has outlived its deadline and its agent: thawed {thawed} filesystems{silence}",
            .. hookFailure is null ? (string[])[] : [hookFailure],
        ]);
    }

    private static void Log(IReadOnlyList<string> lines)
    {
        try
        {
            using var log = AgentLog.Open(path: null, isVerbose: false);
            using var audit = new AuditTrail(AuditSettings.Usual, GuardianSettings.ProgramName, log, TimeProvider.System);
            foreach (var line in lines)
                audit.Record(line);
        }
        catch (PlatformException)
        {
            // All is done, and there is nobody else to tell.
        }
    }
}
