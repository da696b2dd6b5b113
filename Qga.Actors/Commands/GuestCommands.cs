using Qga.Actors.Agent;
using Qga.Actors.Files;
using Qga.Actors.Freeze;
using Qga.Actors.Storage;

namespace Qga.Actors.Commands;

/// <summary>The one list of everything the agent speaks, in qemu-ga's order of registration.</summary>
public static class GuestCommands
{
    private static readonly TimeSpan FileDeadline = TimeSpan.FromSeconds(30);

    /// <summary>For what only reads what the kernel knows.</summary>
    private static readonly TimeSpan ReadDeadline = TimeSpan.FromSeconds(30);

    public static CommandCatalog Catalog { get; } = new CommandCatalog()
        .Add("guest-sync-delimited", Domain.Session, GuestSync.Parse, traits: CommandTraits.FrozenSafe | CommandTraits.Sync | CommandTraits.Delimited)
        .Add("guest-sync", Domain.Session, GuestSync.Parse, traits: CommandTraits.FrozenSafe | CommandTraits.Sync)
        .Add("guest-ping", Domain.Session, GuestPing.Parse, traits: CommandTraits.FrozenSafe)
        .Add("guest-info", Domain.Session, GuestInfo.Parse, traits: CommandTraits.FrozenSafe)
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
        .Add("guest-get-disks", Domain.Storage, GuestGetDisks.Parse, ReadDeadline, CommandTraits.ReadOnly)
        .Add("guest-get-fsinfo", Domain.Storage, GuestGetFsInfo.Parse, ReadDeadline, CommandTraits.ReadOnly)
        .Add("guest-get-diskstats", Domain.Storage, GuestGetDiskStats.Parse, ReadDeadline, CommandTraits.ReadOnly);
}
