using System.Globalization;
using Qga.Platform.Native;
using static Qga.Platform.Freeze.Evidence.FreezeEventKind;

namespace Qga.Platform.Freeze.Evidence;

/// <summary>
/// Makes a record of events. Several processes may have noted the same: the first end counts, and of a filesystem the first thaw, whoever found
/// it thawed after that.
/// </summary>
internal sealed class FreezeAccount
{
    private readonly List<FrozenFileSystem> _fileSystems = [];
    private readonly Dictionary<string, int> _byDevice = [];
    private readonly List<HookRun> _hooks = [];
    private readonly List<int> _keepers = [];
    private FreezeRecord? _record;

    /// <summary>Null if nothing says which freeze it is.</summary>
    internal FreezeRecord? Record => _record is null
        ? null
        : _record with { FileSystems = Named(), Hooks = [.. _hooks], Keepers = [.. _keepers] };

    /// <remarks>What makes no sense, as a line that was cut off, is passed over.</remarks>
    internal void Add(FreezeEvent each)
    {
        switch (each.Kind, each.Values)
        {
            case (Asked, [var id, var boot, var command, var channel, var peer, var timeout, var what, .. var names]):
                _record = new FreezeRecord
                {
                    Id = id,
                    BootId = boot,
                    Began = each.At,
                    Asker = new FreezeAsker(command, NullIfEmpty(channel), NullIfEmpty(peer)),
                    Timeout = Number(timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
                    MountPoints = what == "list" ? names : null,
                };
                break;
            case (Found, [var id, var boot]): _record = new FreezeRecord { Id = id, BootId = boot, Began = each.At, IsComplete = true }; break;
            case (KeptBy, [var keeper]) when Number(keeper) is { } process: _keepers.Add(process); break;
            case (HookBegan, [var action, var reason]): _hooks.Add(new HookRun(action, reason, each.At, Ended: null, Failure: null)); break;
            case (HookEnded, var values): EndHook(each.At, values is [var failure] ? failure : null); break;
            case (LeftOut, [var path, var type, var device, var reason, var missed]):
                Keep(device, new FrozenFileSystem(path)
                {
                    Type = NullIfEmpty(type),
                    Device = NullIfEmpty(device),
                    LeftOut = reason,
                    IsMissed = missed == FreezeEvent.Missed,
                });
                break;
            case (Opened, [var device, var path, var type]): Keep(device, new FrozenFileSystem(path) { Type = type, Device = device }); break;
            case (Froze, [var device]): Change(device, fileSystem => fileSystem with { FrozenAt = each.At }); break;
            case (NotFrozen, [var device, var reason, var missed]):
                Change(device, fileSystem => fileSystem with { LeftOut = reason, IsMissed = missed == FreezeEvent.Missed });
                break;
            case (Complete, _): _record = _record is null ? null : _record with { IsComplete = true }; break;
            case (Ending, [var by, var peer, var reason, .. var more]) when Enum.TryParse<FreezeEnder>(by, out var ender):
                End(new FreezeEnd(ender, each.At, NullIfEmpty(peer), NullIfEmpty(reason)) { Channel = more is [var way] ? NullIfEmpty(way) : null });
                break;
            case (Thawed, [var device, var by, var path, var type]) when Enum.TryParse<Thawer>(by, out var thawer):
                Thaw(device, path, type, each.At, thawer);
                break;
            case (FoundThawed, [var device]):
                Change(device, fileSystem => fileSystem is { FrozenAt: not null, ThawedBy: null }
                    ? fileSystem with { ThawedBy = Thawer.SomebodyElse }
                    : fileSystem);
                break;
            case (Unanswered, [var device, var reason]): Change(device, fileSystem => fileSystem with { Unanswered = reason }); break;
            case (Ended, _): _record = _record is null ? null : _record with { IsOver = true }; break;
        }
    }

    /// <summary>By the names that a host knows them by: those that look the same as text are told by their bytes.</summary>
    private List<FrozenFileSystem> Named()
    {
        var alike = _fileSystems.Select(each => each.MountPoint).Distinct().CountBy(KernelPath.Readable).ToDictionary();
        return _fileSystems.ConvertAll(each => each with { MountPoint = NameOf(each.MountPoint) });

        string NameOf(string path) => alike[KernelPath.Readable(path)] > 1 ? KernelPath.Escape(path) : KernelPath.Readable(path);
    }

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string? NullIfEmpty(string text) => text.Length > 0 ? text : null;

    private void End(FreezeEnd end) => _record = _record is null or { End: not null } ? _record : _record with { End = end };

    private void EndHook(Moment at, string? failure)
    {
        if (_hooks.FindLastIndex(run => run.Ended is null) is >= 0 and var last)
            _hooks[last] = _hooks[last] with { Ended = at, Failure = failure };
    }

    private void Keep(string device, FrozenFileSystem fileSystem)
    {
        if (device.Length > 0)
            _byDevice[device] = _fileSystems.Count;
        _fileSystems.Add(fileSystem);
    }

    private void Change(string device, Func<FrozenFileSystem, FrozenFileSystem> change)
    {
        if (_byDevice.TryGetValue(device, out var index))
            _fileSystems[index] = change(_fileSystems[index]);
    }

    private void Thaw(string device, string path, string type, Moment at, Thawer by)
    {
        // Of a freeze that was found only its end is known. What else is thawed was none of it: a thaw frees foreign freezes too.
        if (_record is { Asker: null } && !_byDevice.ContainsKey(device))
            Keep(device, new FrozenFileSystem(path.Length > 0 ? path : device) { Type = NullIfEmpty(type), Device = device });
        Change(device, fileSystem => fileSystem switch
        {
            { LeftOut: not null } => fileSystem,
            { ThawedAt: { } first } when first.Boot <= at.Boot => fileSystem,
            _ => fileSystem with { ThawedAt = at, ThawedBy = by, Unanswered = null },
        });
    }
}
