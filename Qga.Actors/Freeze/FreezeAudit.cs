using System.Globalization;
using Qga.Platform.Audit;
using Qga.Platform.Freeze.Evidence;

namespace Qga.Actors.Freeze;

/// <summary>What the audit has of a freeze that is over: its whole record, each moment by both clocks.</summary>
internal static class FreezeAudit
{
    internal static AuditRecord RecordOf(FreezeRecord freeze)
    {
        var verdict = FreezeRecordText.VerdictOf(freeze);
        var reason = FreezeRecordText.ReasonOf(freeze) is { } text ? AuditMembers.Cut(text) : null;
        var record = new AuditRecord(AuditKind.Freeze, () => $"freeze {freeze.Id}: {verdict}{TextOf(freeze)}{(reason is null ? "" : $": {reason}")}");
        var members = record.Members
            .Add("freeze", freeze.Id)
            .Add("channel", freeze.Asker?.Channel)
            .Add("peer", freeze.Asker?.Peer)
            .Add("command", freeze.Asker?.Command)
            .Add("what", new AuditMembers().Add("mountpoints", freeze.MountPoints).Add("timeout", (long?)freeze.Timeout?.TotalSeconds))
            .Add("verdict", verdict)
            .Add("reason", reason);
        AddMoment(members, "began", freeze.Began);
        AddMoment(members, "since", freeze.Together?.From);
        AddMoment(members, "until", freeze.Together?.To);
        if (freeze.End is { } end)
        {
            members.Add("ended-by", FreezeRecordText.NameOf(end.By)).Add("ended-channel", end.Channel).Add("ended-peer", end.Peer);
            AddMoment(members, "ended", end.At);
        }

        members.Add("agents", [.. freeze.Keepers.Select(keeper => keeper.ToString(CultureInfo.InvariantCulture))]);
        members.Add("filesystems", freeze.FileSystems.Select(MembersOf).ToList());
        members.Add("hooks", freeze.Hooks.Select(MembersOf).ToList());
        return record;
    }

    private static string TextOf(FreezeRecord freeze)
    {
        var count = freeze.FileSystems.Count(each => each.FrozenAt is not null);
        return freeze.Together is { From: var from, To: { } to }
            ? string.Create(CultureInfo.InvariantCulture, $", {count} filesystems together for {(to.Boot - from.Boot) / 1e9:0.000} s")
            : $", {count} filesystems";
    }

    private static AuditMembers MembersOf(FrozenFileSystem fileSystem)
    {
        var members = new AuditMembers().Add("mountpoint", fileSystem.MountPoint).Add("device", fileSystem.Device).Add("type", fileSystem.Type);
        AddMoment(members, "frozen", fileSystem.FrozenAt);
        AddMoment(members, "thawed", fileSystem.ThawedAt);
        members.Add("thawed-by", fileSystem.ThawedBy is { } thawer ? FreezeRecordText.NameOf(thawer) : null).Add("left-out", fileSystem.LeftOut);
        return fileSystem.IsMissed ? members.Add("missed", true) : members;
    }

    private static AuditMembers MembersOf(HookRun hook)
    {
        var members = new AuditMembers().Add("action", hook.Action).Add("reason", hook.Reason);
        AddMoment(members, "began", hook.Began);
        AddMoment(members, "ended", hook.Ended);
        return members.Add("result", FreezeRecordText.ResultOf(hook)).Add("error", hook.Failure);
    }

    private static void AddMoment(AuditMembers members, string name, Moment? moment) =>
        members.Add(name, moment?.Time).Add($"{name}-ns", moment?.Boot);
}
