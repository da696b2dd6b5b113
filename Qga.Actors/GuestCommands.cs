using Qga.Actors.Accounts;
using Qga.Actors.Commands;
using Qga.Actors.Files;
using Qga.Actors.Freeze;
using Qga.Actors.Identity;
using Qga.Actors.Network;
using Qga.Actors.Power;
using Qga.Actors.Processes;
using Qga.Actors.Processors;
using Qga.Actors.Session;
using Qga.Actors.Storage;
using Qga.Actors.Timekeeping;
using Qga.Platform.Accounts;
using Qga.Platform.Power;

namespace Qga.Actors;

/// <summary>The one list of everything the agent speaks: what qemu-ga has, in its order of registration, and then what is ours.</summary>
public static class GuestCommands
{
    private const CommandTraits SessionState = CommandTraits.FrozenSafe | CommandTraits.Immediate;

    private static readonly TimeSpan FileDeadline = TimeSpan.FromSeconds(30);

    /// <summary>For the start, which a dead filesystem may hold up; how long a program runs is its own affair.</summary>
    private static readonly TimeSpan ExecDeadline = TimeSpan.FromSeconds(30);

    /// <summary>Of what asks the kernel, or reads a few of its files.</summary>
    private static readonly TimeSpan ReadingDeadline = TimeSpan.FromSeconds(30);

    /// <summary>The kernel first moves elsewhere what a processor does or a block of memory holds, of many one after the other.</summary>
    private static readonly TimeSpan HotplugDeadline = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan KeysDeadline = TimeSpan.FromSeconds(30);

    // Behind the limits of the helpers, and what their end may take.
    private static readonly TimeSpan PasswordDeadline = IGuestAccounts.PasswordLimit + TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ShutdownDeadline = LinuxGuestPower.Limit + TimeSpan.FromSeconds(30);

    public static CommandCatalog Catalog { get; } = new CommandCatalog()
        .Add("guest-sync-delimited", Domain.Session,
            GuestSync.Parse, GuestSync.DescribeDelimited, traits: SessionState | CommandTraits.Sync | CommandTraits.Delimited)
        .Add("guest-sync", Domain.Session, GuestSync.Parse, GuestSync.Describe, traits: SessionState | CommandTraits.Sync)
        .Add("guest-ping", Domain.Session, GuestPing.Parse, GuestPing.Describe, traits: SessionState)
        .Add("guest-get-time", Domain.Timekeeping,
            GuestGetTime.Parse, GuestGetTime.Describe, traits: CommandTraits.TouchesNoDisk | CommandTraits.Immediate)
        .Add("guest-set-time", Domain.Timekeeping,
            GuestSetTime.Parse, GuestSetTime.Describe, ReadingDeadline, CommandTraits.TouchesNoDisk)
        .Add("guest-info", Domain.Session, GuestInfo.Parse, GuestInfo.Describe, traits: SessionState)
        .Add("guest-shutdown", Domain.Power,
            GuestShutdown.Parse, GuestShutdown.Describe, ShutdownDeadline, CommandTraits.NoSuccessResponse)
        .Add("guest-file-open", Domain.Files, GuestFileOpen.Parse, GuestFileOpen.Describe, FileDeadline)
        .Add("guest-file-close", Domain.Files, GuestFileClose.Parse, GuestFileClose.Describe, FileDeadline)
        .Add("guest-file-read", Domain.Files, GuestFileRead.Parse, GuestFileRead.Describe, FileDeadline, CommandTraits.TouchesNoDisk)
        .Add("guest-file-write", Domain.Files, GuestFileWrite.Parse, GuestFileWrite.Describe, FileDeadline)
        .Add("guest-file-seek", Domain.Files, GuestFileSeek.Parse, GuestFileSeek.Describe, FileDeadline, CommandTraits.TouchesNoDisk)
        .Add("guest-file-flush", Domain.Files, GuestFileFlush.Parse, GuestFileFlush.Describe, FileDeadline)
        .Add("guest-fsfreeze-status", Domain.Freeze,
            GuestFsFreezeStatus.Parse, GuestFsFreezeStatus.Describe, traits: CommandTraits.FrozenSafe)
        .Add("guest-fsfreeze-freeze", Domain.Freeze, GuestFsFreezeFreeze.Parse, GuestFsFreezeFreeze.Describe)
        .Add("guest-fsfreeze-freeze-list", Domain.Freeze, GuestFsFreezeFreeze.ParseList, GuestFsFreezeFreeze.DescribeList)
        .Add("guest-fsfreeze-thaw", Domain.Freeze,
            GuestFsFreezeThaw.Parse, GuestFsFreezeThaw.Describe, traits: CommandTraits.FrozenSafe)
        .Add("guest-fstrim", Domain.Storage, GuestFsTrim.Parse, GuestFsTrim.Describe)
        .Add("guest-suspend-disk", Domain.Power,
            GuestSuspendDisk.Parse, GuestSuspendDisk.Describe, traits: CommandTraits.NoSuccessResponse)
        .Add("guest-suspend-ram", Domain.Power,
            GuestSuspendRam.Parse, GuestSuspendRam.Describe, traits: CommandTraits.NoSuccessResponse)
        .Add("guest-suspend-hybrid", Domain.Power,
            GuestSuspendHybrid.Parse, GuestSuspendHybrid.Describe, traits: CommandTraits.NoSuccessResponse)
        .Add("guest-network-get-interfaces", Domain.Network,
            GuestNetworkGetInterfaces.Parse, GuestNetworkGetInterfaces.Describe, ReadingDeadline, CommandTraits.TouchesNoDisk)
        .Add("guest-get-vcpus", Domain.Processors,
            GuestGetVcpus.Parse, GuestGetVcpus.Describe, ReadingDeadline, CommandTraits.TouchesNoDisk)
        .Add("guest-set-vcpus", Domain.Processors,
            GuestSetVcpus.Parse, GuestSetVcpus.Describe, HotplugDeadline, CommandTraits.TouchesNoDisk)
        .Add("guest-get-disks", Domain.Storage,
            GuestGetDisks.Parse, GuestGetDisks.Describe, ReadingDeadline, CommandTraits.TouchesNoDisk)
        .Add("guest-get-fsinfo", Domain.Storage,
            GuestGetFsInfo.Parse, GuestGetFsInfo.Describe, ReadingDeadline, CommandTraits.TouchesNoDisk)
        .Add("guest-set-user-password", Domain.Accounts,
            GuestSetUserPassword.Parse, GuestSetUserPassword.Describe, PasswordDeadline)
        .Add("guest-get-memory-blocks", Domain.Processors,
            GuestGetMemoryBlocks.Parse, GuestGetMemoryBlocks.Describe, ReadingDeadline, CommandTraits.TouchesNoDisk)
        .Add("guest-set-memory-blocks", Domain.Processors,
            GuestSetMemoryBlocks.Parse, GuestSetMemoryBlocks.Describe, HotplugDeadline, CommandTraits.TouchesNoDisk)
        .Add("guest-get-memory-block-info", Domain.Processors,
            GuestGetMemoryBlockInfo.Parse, GuestGetMemoryBlockInfo.Describe, ReadingDeadline, CommandTraits.TouchesNoDisk)
        .Add("guest-exec-status", Domain.Processes, GuestExecStatus.Parse, GuestExecStatus.Describe)
        .Add("guest-exec", Domain.Processes, GuestExec.Parse, GuestExec.Describe, ExecDeadline)
        .Add("guest-get-host-name", Domain.Identity,
            GuestGetHostName.Parse, GuestGetHostName.Describe, traits: CommandTraits.TouchesNoDisk | CommandTraits.Immediate)
        .Add("guest-get-users", Domain.Identity,
            GuestGetUsers.Parse, GuestGetUsers.Describe, ReadingDeadline, CommandTraits.TouchesNoDisk)
        .Add("guest-get-timezone", Domain.Identity,
            GuestGetTimezone.Parse, GuestGetTimezone.Describe, ReadingDeadline, CommandTraits.TouchesNoDisk)
        .Add("guest-get-osinfo", Domain.Identity,
            GuestGetOsinfo.Parse, GuestGetOsinfo.Describe, ReadingDeadline, CommandTraits.TouchesNoDisk)
        .Add("guest-ssh-get-authorized-keys", Domain.Accounts,
            GuestSshGetAuthorizedKeys.Parse, GuestSshGetAuthorizedKeys.Describe, KeysDeadline, CommandTraits.TouchesNoDisk)
        .Add("guest-ssh-add-authorized-keys", Domain.Accounts,
            GuestSshAddAuthorizedKeys.Parse, GuestSshAddAuthorizedKeys.Describe, KeysDeadline)
        .Add("guest-ssh-remove-authorized-keys", Domain.Accounts,
            GuestSshRemoveAuthorizedKeys.Parse, GuestSshRemoveAuthorizedKeys.Describe, KeysDeadline)
        .Add("guest-get-diskstats", Domain.Storage,
            GuestGetDiskStats.Parse, GuestGetDiskStats.Describe, ReadingDeadline, CommandTraits.TouchesNoDisk)
        .Add("guest-get-cpustats", Domain.Processors,
            GuestGetCpuStats.Parse, GuestGetCpuStats.Describe, traits: CommandTraits.TouchesNoDisk | CommandTraits.Immediate)
        .Add("guest-get-load", Domain.Processors,
            GuestGetLoad.Parse, GuestGetLoad.Describe, traits: CommandTraits.TouchesNoDisk | CommandTraits.Immediate)
        .Add("guest-network-get-route", Domain.Network,
            GuestNetworkGetRoute.Parse, GuestNetworkGetRoute.Describe, ReadingDeadline, CommandTraits.TouchesNoDisk);

    /// <summary>With commands of our own, for a guest whose administrator wants them.</summary>
    public static CommandCatalog Extended { get; } = new CommandCatalog(Catalog)
        .Add("__org.qga_freeze-report", Domain.Evidence,
            QgaFreezeReport.Parse, QgaFreezeReport.Describe, traits: CommandTraits.Extension | CommandTraits.FrozenSafe | CommandTraits.Immediate);
}
