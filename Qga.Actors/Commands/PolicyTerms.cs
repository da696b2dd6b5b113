using Qga.Platform.Policy;

namespace Qga.Actors.Commands;

/// <summary>
/// What the guest's policy calls the commands: in which sets they are, and what of their requests conditions can be about. Whoever adds a
/// command says here what it is, as no command may become part of what rules allow unasked; PolicyTermsTests holds it against the catalog.
/// </summary>
public static class PolicyTerms
{
    /// <summary>What is in no set, and has to be named.</summary>
    public static IReadOnlyList<string> InNoSet { get; } = ["guest-fstrim"];

    public static IReadOnlyList<PolicySet> Sets { get; } =
    [
        new("@session", "find one's place, and learn what there is",
            ["guest-sync-delimited", "guest-sync", "guest-ping", "guest-info"]),
        new("@monitor", "read what the guest is: nothing is changed, and nobody's files or keys are told",
        [
            "guest-get-time", "guest-network-get-interfaces", "guest-network-get-route", "guest-get-vcpus", "guest-get-disks", "guest-get-fsinfo",
            "guest-get-memory-blocks", "guest-get-memory-block-info", "guest-get-host-name", "guest-get-users", "guest-get-timezone",
            "guest-get-osinfo", "guest-get-diskstats", "guest-get-cpustats", "guest-get-load",
        ]),
        new("@files", "read and write files",
        [
            "guest-file-open", "guest-file-close", "guest-file-read", "guest-file-write", "guest-file-seek", "guest-file-flush",
        ]),
        new("@exec", "run programs", ["guest-exec", "guest-exec-status"]),
        new("@freeze", "freeze and thaw filesystems, and ask what a freeze was worth",
            ["guest-fsfreeze-status", "guest-fsfreeze-freeze", "guest-fsfreeze-freeze-list", "guest-fsfreeze-thaw", "__org.qga_freeze-report"]),
        new("@power", "take the guest down, or put it to sleep",
            ["guest-shutdown", "guest-suspend-disk", "guest-suspend-ram", "guest-suspend-hybrid"]),
        new("@accounts", "passwords and ssh keys",
        [
            "guest-set-user-password", "guest-ssh-get-authorized-keys", "guest-ssh-add-authorized-keys", "guest-ssh-remove-authorized-keys",
        ]),
        new("@time", "read and set the clock", ["guest-get-time", "guest-set-time"]),
        new("@hotplug", "processors and memory",
        [
            "guest-get-vcpus", "guest-set-vcpus", "guest-get-memory-blocks", "guest-set-memory-blocks", "guest-get-memory-block-info",
        ]),
    ];

    /// <summary>The words for the commands of a catalog. What is safe while frozen, and qemu-ga's, is what no rule takes away.</summary>
    public static PolicyVocabulary Of(CommandCatalog catalog) => new(
        [.. catalog.All.Select(spec => spec.Name)],
        catalog.All.Where(spec => spec.Is(CommandTraits.FrozenSafe) && !spec.Is(CommandTraits.Extension)).Select(spec => spec.Name).ToHashSet(),
        [.. Sets.Select(set => set with { Commands = [.. set.Commands.Where(command => catalog.Find(command) is not null)] })],
        SubjectsOf)
    {
        Absent = [.. Sets.SelectMany(set => set.Commands).Concat(InNoSet).Where(command => catalog.Find(command) is null)],
    };

    /// <summary>What of its request conditions can be about.</summary>
    public static PolicySubjects SubjectsOf(string command) => command switch
    {
        "guest-file-open" => PolicySubjects.File | PolicySubjects.OpenMode,
        "guest-file-read" or "guest-file-write" => PolicySubjects.Size,
        "guest-exec" => PolicySubjects.File | PolicySubjects.Program | PolicySubjects.Size,
        "guest-shutdown" => PolicySubjects.ShutdownMode,
        "guest-fsfreeze-freeze" or "guest-fsfreeze-freeze-list" => PolicySubjects.MountPoints,
        "guest-set-user-password" => PolicySubjects.Account,
        "guest-ssh-get-authorized-keys" or "guest-ssh-add-authorized-keys" or "guest-ssh-remove-authorized-keys" => PolicySubjects.Account,
        _ => PolicySubjects.None,
    };
}
