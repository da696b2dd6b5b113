using Qga.Actors.Agent;
using Qga.Actors.Files;
using Qga.Actors.Freeze;
using Qga.Actors.Identity;
using Qga.Actors.Power;
using Qga.Actors.Storage;
using Qga.Actors.Timekeeping;
using Qga.Platform.Power;

namespace Qga.Actors.Commands;

/// <summary>The one list of everything the agent speaks, in qemu-ga's order of registration.</summary>
public static class GuestCommands
{
    private static readonly TimeSpan FileDeadline = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ReadingDeadline = TimeSpan.FromSeconds(30);

    /// <summary>The program that brings the guest down is stopped before.</summary>
    private static readonly TimeSpan ShutdownDeadline = LinuxGuestPower.Limit + TimeSpan.FromSeconds(30);

    public static CommandCatalog Catalog { get; } = new CommandCatalog()
        .Add("guest-sync-delimited", Domain.Session, GuestSync.Parse, traits: CommandTraits.FrozenSafe | CommandTraits.Sync | CommandTraits.Delimited)
        .Add("guest-sync", Domain.Session, GuestSync.Parse, traits: CommandTraits.FrozenSafe | CommandTraits.Sync)
        .Add("guest-ping", Domain.Session, GuestPing.Parse, traits: CommandTraits.FrozenSafe)
        .Add("guest-get-time", Domain.Timekeeping, GuestGetTime.Parse, traits: CommandTraits.ReadOnly | CommandTraits.Immediate)
        .Add("guest-set-time", Domain.Timekeeping, GuestSetTime.Parse, ReadingDeadline, CommandTraits.ReadOnly)
        .Add("guest-info", Domain.Session, GuestInfo.Parse, traits: CommandTraits.FrozenSafe)
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
        .Add("guest-get-host-name", Domain.Identity, GuestGetHostName.Parse, traits: CommandTraits.ReadOnly | CommandTraits.Immediate)
        .Add("guest-get-users", Domain.Identity, GuestGetUsers.Parse, ReadingDeadline, CommandTraits.ReadOnly)
        .Add("guest-get-timezone", Domain.Identity, GuestGetTimezone.Parse, ReadingDeadline, CommandTraits.ReadOnly)
        .Add("guest-get-osinfo", Domain.Identity, GuestGetOsinfo.Parse, ReadingDeadline, CommandTraits.ReadOnly);
}
