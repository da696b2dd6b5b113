using Qga.Actors.Schema;
using Qga.Platform.Freeze.Evidence;
using Qga.Transport.Protocol;

namespace Qga.Actors.Freeze;

/// <summary>The record of a freeze as JSON: on the wire, in the file of records, and for <c>qga freezes</c>.</summary>
/// <param name="record">What is known of the freeze.</param>
public sealed class FreezeRecordText(FreezeRecord record) : IQmpValue
{
    /// <summary>How many filesystems a record tells one by one, so that all that are kept have room: the first half and the last.</summary>
    private const int MostFileSystems = 128;

    private static readonly string[] Enders = ["host", "deadline", "exit", "failure", "foreign thaw", "root"];
    private static readonly string[] Thawers = ["agent", "guardian", "qga thaw", "somebody else"];
    private static readonly string[] HookResults = ["running", "ok", "failed"];

    public static SchemaType Schema => SchemaType.StructureOf(
        "QgaFreezeRecord",
        "A freeze, and what it was worth.",
        new("id", SchemaType.Text, "what tells it from every other"),
        new("boot-id", SchemaType.Text, "the start of the guest that its `boottime-ns` count from, /proc/sys/kernel/random/boot_id"),
        new(
            "state",
            SchemaType.OneOf("QgaFreezeRecordState", "freezing", "frozen", "thawing", "over"),
            "how far it has got; what is not `over` may change"),
        new("began", MomentType, "when it was asked for; of one that was found, when it was found"),
        new("command", SchemaType.Text, "what was asked for; left out where an agent has found a freeze that had no record") { IsOptional = true },
        new("channel", SchemaType.Text, "by which channel, as option -m has it, or `control` for root's own socket") { IsOptional = true },
        new("peer", SchemaType.Text, "who has asked: `virtio`, `serial`, `uid:N` or `cid:N`") { IsOptional = true },
        new("mountpoints", SchemaType.ListOf(SchemaType.Text), "which were asked for; left out for all") { IsOptional = true },
        new("timeout", SchemaType.Integer, "how long it was to stay frozen at most; left out for any time") { IsOptional = true, Unit = "seconds" },
        new("agents", SchemaType.ListOf(SchemaType.Integer), "the processes that have kept this record, one after the other"),
        new("hooks", SchemaType.ListOf(HookType), "the calls of the hook"),
        new("filesystems", SchemaType.ListOf(FileSystemType), "what was frozen, in the order of freezing, and what was left out"),
        new("filesystems-cut", SchemaType.Integer, "how many are left out of the middle of that list, if it would be too long") { IsOptional = true },
        new("interval", IntervalType, "when all of it was frozen together; left out if it never was, or nobody knows") { IsOptional = true },
        new("ended", EndType, "who has ended it") { IsOptional = true },
        new(
            "verdict",
            SchemaType.OneOf("QgaFreezeVerdict", "consistent", "not consistent"),
            "`consistent` if all that was asked for stayed frozen over the whole interval, and the hooks have succeeded; left out until it is over")
        {
            IsOptional = true,
        },
        new("reason", SchemaType.Text, "why it is not consistent") { IsOptional = true });

    private static SchemaType MomentType => SchemaType.StructureOf(
        "QgaMoment",
        "A moment by two clocks of the guest.",
        new("boottime-ns", SchemaType.Integer, "CLOCK_BOOTTIME: nobody sets it, and it runs on while the guest sleeps") { Unit = "nanoseconds" },
        new("time", SchemaType.Time, "CLOCK_REALTIME in UTC, always with seven digits behind the seconds"));

    private static SchemaType HookType => SchemaType.StructureOf(
        "QgaHookCall",
        "A call of the hook.",
        new("action", SchemaType.OneOf("QgaHookAction", "freeze", "thaw"), "what for"),
        new("reason", SchemaType.OneOf("QgaHookReason", "request", "failure", "deadline", "exit"), "why, as the hook itself is told"),
        new("began", MomentType, "when it was called"),
        new("ended", MomentType, "when it had ended") { IsOptional = true },
        new("result", SchemaType.OneOf("QgaHookResult", HookResults), "how it went; `running` also where nobody knows"),
        new("error", SchemaType.Text, "how it has failed") { IsOptional = true });

    private static SchemaType FileSystemType => SchemaType.StructureOf(
        "QgaFrozenFileSystem",
        "A freeze of one filesystem.",
        new("mountpoint", SchemaType.Text, "where it is mounted, as guest-get-fsinfo tells it; or what was named in vain"),
        new("device", SchemaType.Text, "its block device, MAJOR:MINOR") { IsOptional = true },
        new("type", SchemaType.Text, "its kind, such as ext4 or xfs") { IsOptional = true },
        new("frozen-at", MomentType, "right after it was frozen") { IsOptional = true },
        new("thawed-at", MomentType, "right before it was thawed; left out if nobody knows when that was") { IsOptional = true },
        new("thawed-by", SchemaType.OneOf("QgaThawer", Thawers), "who has thawed it; `guardian` where it was on its own") { IsOptional = true },
        new("left-out", SchemaType.Text, "why it was not frozen") { IsOptional = true },
        new("missed", SchemaType.Boolean, "whether it is left out though it was asked for, which the verdict counts") { IsOptional = true });

    private static SchemaType IntervalType => SchemaType.StructureOf(
        "QgaFrozenInterval",
        "From after the last was frozen to before the first was thawed.",
        new("since", MomentType, "the last was frozen by then"),
        new("until", MomentType, "none was thawed by then; left out while all is frozen") { IsOptional = true },
        new("nanoseconds", SchemaType.Integer, "how long that is, by CLOCK_BOOTTIME") { IsOptional = true, Unit = "nanoseconds" });

    private static SchemaType EndType => SchemaType.StructureOf(
        "QgaFreezeEnd",
        "The end of a freeze.",
        new("by", SchemaType.OneOf("QgaFreezeEnder", Enders), "who has ended it"),
        new("at", MomentType, "when the thaw began, or was found"),
        new("channel", SchemaType.Text, "by which channel it was asked for, as for the freeze") { IsOptional = true },
        new("peer", SchemaType.Text, "who has asked for it, if somebody has") { IsOptional = true });

    /// <summary>In the words of the record.</summary>
    public static string NameOf(FreezeEnder by) => Enders[(int)by];

    internal static string NameOf(Thawer thawer) => Thawers[(int)thawer];

    internal static string ResultOf(HookRun hook) => HookResults[hook.Ended is null ? 0 : hook.Failure is null ? 1 : 2];

    /// <summary>What a freeze that is over was worth.</summary>
    internal static string VerdictOf(FreezeRecord record) => record.Doubts.Count == 0 ? "consistent" : "not consistent";

    /// <summary>Why it is not consistent; null if it is.</summary>
    internal static string? ReasonOf(FreezeRecord record) => record.Doubts is { Count: > 0 } doubts ? string.Join("; ", doubts) : null;

    public void WriteTo(QmpWriter json)
    {
        json.WriteStartObject();
        json.WriteMember("id", record.Id);
        json.WriteMember("boot-id", record.BootId);
        json.WriteMember("state", record switch
        {
            { IsOver: true } => "over",
            { End: not null } => "thawing",
            { IsComplete: true } => "frozen",
            _ => "freezing",
        });
        json.WriteObjectMember("began", record.Began, Write);
        json.WriteOptionalMember("command", record.Asker?.Command);
        json.WriteOptionalMember("channel", record.Asker?.Channel);
        json.WriteOptionalMember("peer", record.Asker?.Peer);
        if (record.MountPoints is { } mountPoints)
            json.WriteListMember("mountpoints", mountPoints);
        json.WriteOptionalMember("timeout", (long?)record.Timeout?.TotalSeconds);
        json.WritePropertyName("agents");
        json.WriteStartArray();
        foreach (var keeper in record.Keepers)
            json.WriteValue(keeper);
        json.WriteEndArray();
        json.WriteListMember("hooks", record.Hooks, Write);
        var isCut = record.FileSystems.Count > MostFileSystems;
        json.WriteListMember(
            "filesystems",
            isCut ? [.. record.FileSystems.Take(MostFileSystems / 2), .. record.FileSystems.TakeLast(MostFileSystems / 2)] : record.FileSystems,
            Write);
        if (isCut)
            json.WriteMember("filesystems-cut", record.FileSystems.Count - MostFileSystems);
        if (record.Together is { } together)
            json.WriteObjectMember("interval", together, Write);
        if (record.End is { } end)
            json.WriteObjectMember("ended", end, Write);
        if (record.IsOver)
        {
            json.WriteMember("verdict", VerdictOf(record));
            json.WriteOptionalMember("reason", ReasonOf(record));
        }

        json.WriteEndObject();
    }

    private static void Write(QmpWriter json, Moment moment)
    {
        json.WriteMember("boottime-ns", moment.Boot);
        json.WriteMember("time", moment.Time);
    }

    private static void WriteOptional(QmpWriter json, string name, Moment? moment)
    {
        if (moment is { } known)
            json.WriteObjectMember(name, known, Write);
    }

    private static void Write(QmpWriter json, HookRun hook)
    {
        json.WriteMember("action", hook.Action);
        json.WriteMember("reason", hook.Reason);
        json.WriteObjectMember("began", hook.Began, Write);
        WriteOptional(json, "ended", hook.Ended);
        json.WriteMember("result", ResultOf(hook));
        json.WriteOptionalMember("error", hook.Failure);
    }

    private static void Write(QmpWriter json, FrozenFileSystem fileSystem)
    {
        json.WriteMember("mountpoint", fileSystem.MountPoint);
        json.WriteOptionalMember("device", fileSystem.Device);
        json.WriteOptionalMember("type", fileSystem.Type);
        WriteOptional(json, "frozen-at", fileSystem.FrozenAt);
        WriteOptional(json, "thawed-at", fileSystem.ThawedAt);
        if (fileSystem.ThawedBy is { } thawer)
            json.WriteMember("thawed-by", NameOf(thawer));
        json.WriteOptionalMember("left-out", fileSystem.LeftOut);
        if (fileSystem.LeftOut is not null)
            json.WriteMember("missed", fileSystem.IsMissed);
    }

    private static void Write(QmpWriter json, (Moment From, Moment? To) together)
    {
        json.WriteObjectMember("since", together.From, Write);
        WriteOptional(json, "until", together.To);
        json.WriteOptionalMember("nanoseconds", together.To?.Boot - together.From.Boot);
    }

    private static void Write(QmpWriter json, FreezeEnd end)
    {
        json.WriteMember("by", NameOf(end.By));
        json.WriteObjectMember("at", end.At, Write);
        json.WriteOptionalMember("channel", end.Channel);
        json.WriteOptionalMember("peer", end.Peer);
    }
}
