using Qga.Actors.Accounts;
using Qga.Actors.Agent;
using Qga.Actors.Files;
using Qga.Actors.Freeze;
using Qga.Actors.Identity;
using Qga.Actors.Network;
using Qga.Actors.Power;
using Qga.Actors.Processes;
using Qga.Actors.Processors;
using Qga.Actors.Storage;
using Qga.Actors.Timekeeping;
using Qga.Platform.Accounts;
using Qga.Platform.Power;

namespace Qga.Actors.Commands;

/// <summary>The one list of everything the agent speaks, in qemu-ga's order of registration.</summary>
public static class GuestCommands
{
    private const CommandTraits Session = CommandTraits.FrozenSafe | CommandTraits.Immediate;

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
        .Add("guest-sync-delimited", Domain.Session, GuestSync.Parse, traits: Session | CommandTraits.Sync | CommandTraits.Delimited)
        .Add("guest-sync", Domain.Session, GuestSync.Parse, traits: Session | CommandTraits.Sync)
        .Add("guest-ping", Domain.Session, GuestPing.Parse, traits: Session)
        .Add("guest-get-time", Domain.Timekeeping, GuestGetTime.Parse, traits: CommandTraits.ReadOnly | CommandTraits.Immediate)
        .Add("guest-set-time", Domain.Timekeeping, GuestSetTime.Parse, ReadingDeadline, CommandTraits.ReadOnly)
        .Add("guest-info", Domain.Session, GuestInfo.Parse, traits: Session)
        .Add("guest-shutdown", Domain.Power, GuestShutdown.Parse, ShutdownDeadline, CommandTraits.NoSuccessResponse)
        .Add("guest-file-open", Domain.Files, GuestFileOpen.Parse, FileDeadline)
        .Add("guest-file-close", Domain.Files, GuestFileClose.Parse, FileDeadline)
        .Add("guest-file-read", Domain.Files, GuestFileRead.Parse, FileDeadline, CommandTraits.ReadOnly)
        .Add("guest-file-write", Domain.Files, GuestFileWrite.Parse, FileDeadline)
        .Add("guest-file-seek", Domain.Files, GuestFileSeek.Parse, FileDeadline, CommandTraits.ReadOnly)
        .Add("guest-file-flush", Domain.Files, GuestFileFlush.Parse, FileDeadline)
        .Add("guest-fsfreeze-status", Domain.Freeze, GuestFsFreezeStatus.Parse, traits: CommandTraits.FrozenSafe)
        .Add("guest-fsfreeze-freeze", Domain.Freeze, GuestFsFreezeFreeze.Parse)
        .Add("guest-fsfreeze-freeze-list", Domain.Freeze, GuestFsFreezeFreeze.ParseList)
        .Add("guest-fsfreeze-thaw", Domain.Freeze, GuestFsFreezeThaw.Parse, traits: CommandTraits.FrozenSafe)
        .Add("guest-fstrim", Domain.Storage, GuestFsTrim.Parse)
        .Add("guest-suspend-disk", Domain.Power, GuestSuspendDisk.Parse, traits: CommandTraits.NoSuccessResponse)
        .Add("guest-suspend-ram", Domain.Power, GuestSuspendRam.Parse, traits: CommandTraits.NoSuccessResponse)
        .Add("guest-suspend-hybrid", Domain.Power, GuestSuspendHybrid.Parse, traits: CommandTraits.NoSuccessResponse)
        .Add("guest-network-get-interfaces", Domain.Network, GuestNetworkGetInterfaces.Parse, ReadingDeadline, CommandTraits.ReadOnly)
        .Add("guest-get-vcpus", Domain.Processors, GuestGetVcpus.Parse, ReadingDeadline, CommandTraits.ReadOnly)
        .Add("guest-set-vcpus", Domain.Processors, GuestSetVcpus.Parse, HotplugDeadline, CommandTraits.ReadOnly)
        .Add("guest-get-disks", Domain.Storage, GuestGetDisks.Parse, ReadingDeadline, CommandTraits.ReadOnly)
        .Add("guest-get-fsinfo", Domain.Storage, GuestGetFsInfo.Parse, ReadingDeadline, CommandTraits.ReadOnly)
        .Add("guest-set-user-password", Domain.Accounts, GuestSetUserPassword.Parse, PasswordDeadline)
        .Add("guest-get-memory-blocks", Domain.Processors, GuestGetMemoryBlocks.Parse, ReadingDeadline, CommandTraits.ReadOnly)
        .Add("guest-set-memory-blocks", Domain.Processors, GuestSetMemoryBlocks.Parse, HotplugDeadline, CommandTraits.ReadOnly)
        .Add("guest-get-memory-block-info", Domain.Processors, GuestGetMemoryBlockInfo.Parse, ReadingDeadline, CommandTraits.ReadOnly)
        .Add("guest-exec-status", Domain.Processes, GuestExecStatus.Parse)
        .Add("guest-exec", Domain.Processes, GuestExec.Parse, ExecDeadline)
        .Add("guest-get-host-name", Domain.Identity, GuestGetHostName.Parse, traits: CommandTraits.ReadOnly | CommandTraits.Immediate)
        .Add("guest-get-users", Domain.Identity, GuestGetUsers.Parse, ReadingDeadline, CommandTraits.ReadOnly)
        .Add("guest-get-timezone", Domain.Identity, GuestGetTimezone.Parse, ReadingDeadline, CommandTraits.ReadOnly)
        .Add("guest-get-osinfo", Domain.Identity, GuestGetOsinfo.Parse, ReadingDeadline, CommandTraits.ReadOnly)
        .Add("guest-ssh-get-authorized-keys", Domain.Accounts, GuestSshGetAuthorizedKeys.Parse, KeysDeadline, CommandTraits.ReadOnly)
        .Add("guest-ssh-add-authorized-keys", Domain.Accounts, GuestSshAddAuthorizedKeys.Parse, KeysDeadline)
        .Add("guest-ssh-remove-authorized-keys", Domain.Accounts, GuestSshRemoveAuthorizedKeys.Parse, KeysDeadline)
        .Add("guest-get-diskstats", Domain.Storage, GuestGetDiskStats.Parse, ReadingDeadline, CommandTraits.ReadOnly)
        .Add("guest-get-cpustats", Domain.Processors, GuestGetCpuStats.Parse, traits: CommandTraits.ReadOnly | CommandTraits.Immediate)
        .Add("guest-get-load", Domain.Processors, GuestGetLoad.Parse, traits: CommandTraits.ReadOnly | CommandTraits.Immediate)
        .Add("guest-network-get-route", Domain.Network, GuestNetworkGetRoute.Parse, ReadingDeadline, CommandTraits.ReadOnly);
}
