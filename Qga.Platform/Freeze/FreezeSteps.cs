using Qga.Platform.Freeze.Evidence;
using Qga.Platform.Logging;
using Qga.Platform.State;
using Qga.Platform.Storage;
using Qga.Platform.Work;

namespace Qga.Platform.Freeze;

/// <summary>
/// The steps into a freeze and out of it: what is done, and in which order. One is called at a time, each on a worker: for a freeze
/// <see cref="Prepare"/>, <see cref="Open"/>, <see cref="Freeze"/>; for a thaw <see cref="Thaw()"/>, <see cref="RunHook"/>. Whatever may get
/// stuck in the kernel is a bounded call, so that every step ends.
/// </summary>
/// <param name="settings">What the administrator says.</param>
/// <param name="platform">What is frozen, and by what means.</param>
/// <param name="calls">Bounds what may get stuck.</param>
/// <param name="time">The clock of the deadline, which must be the guardian's; a suspended guest is no reason to stay frozen.</param>
public sealed class FreezeSteps(FreezeSettings settings, FreezePlatform platform, BoundedCalls calls, TimeProvider time)
{
    /// <summary>
    /// How long any one thing may take on the way into the freeze: with the thaw of the rest, the host has its answer within 10 s.
    /// </summary>
    public static readonly TimeSpan FreezeLimit = TimeSpan.FromSeconds(8);

    /// <summary>How long any one thing may hold up a thaw; then it is left alone, and the rest is thawed.</summary>
    public static readonly TimeSpan ThawLimit = TimeSpan.FromSeconds(2);

    private readonly HeldMountPoints _held = new(platform, calls);
    private readonly FreezeDeadline _deadline = new(time);
    private readonly FreezeEvidence _evidence = platform.Evidence;

    /// <summary>What we have frozen, and nobody has thawed that we know of; unknown after a freeze was taken over.</summary>
    private readonly List<MountPoint> _frozen = [];

    private bool _isMarked = settings.StartsFrozen;
    private volatile bool _isLooking;
    private DateTimeOffset _since;

    /// <summary>Whether an agent before this one has left the guest frozen.</summary>
    public bool StartsFrozen => settings.StartsFrozen;

    /// <summary>After this the guest is thawed, unless a request says otherwise; null for never.</summary>
    public TimeSpan? Timeout => settings.Timeout;

    /// <summary>What is not frozen; a change holds from the next freeze on.</summary>
    public FreezeExclusions Exclusions { get; set; } = settings.Exclusions;

    /// <summary>Ends when the guardian does, and tells how many filesystems it has thawed; null if there is none.</summary>
    public Task<int?>? GuardianEnded => _deadline.Guardian?.Ended;

    /// <summary>How long the guest may stay frozen yet, zero if no longer; null for as long as nobody thaws it.</summary>
    public TimeSpan? Remaining => _deadline.Remaining;

    /// <summary>Since when the guest is frozen, and until when.</summary>
    public FrozenSpan Span => new(_since, time.GetUtcNow() + Remaining);

    /// <summary>Makes sure that the guest can be frozen, then runs the hook.</summary>
    /// <exception cref="FreezeException">The guest can't be frozen safely; nothing has been touched.</exception>
    /// <exception cref="FreezeHookException">The hook has failed.</exception>
    /// <exception cref="PlatformException">The mounted filesystems are not known.</exception>
    public void Prepare(FreezeRequest request)
    {
        _evidence.Begin(request.Asker, request.MountPoints, request.Timeout);
        try
        {
            _ = OrderOf(Select(request));
            RunHook(FreezeHookAction.Freeze, FreezeHookReason.Request);
        }
        catch (Exception failure)
        {
            _evidence.Ending(FreezeEnder.Failure, peer: null, failure.Message);

            // One that was killed is called once more.
            if (failure is not FreezeHookException { WasKilled: true })
                _evidence.End();
            throw;
        }
    }

    /// <summary>Opens what is to be frozen, and has a guardian hold it too.</summary>
    public void Open(FreezeRequest request)
    {
        // The hook may have mounted or unmounted something.
        var selection = Select(request);
        foreach (var warning in selection.Warnings)
            platform.Log.Write(LogLevel.Warning, warning);
        foreach (var each in selection.LeftOut)
            _evidence.LeaveOut(each.Name, each.MountPoint, each.Reason, each.IsNamed);
        var unreachable = new List<UnreachableMountPointException>();
        foreach (var mountPoint in OrderOf(selection))
        {
            try
            {
                _held.Open(mountPoint, FreezeLimit);
            }
            catch (UnreachableMountPointException failure)
            {
                platform.Log.Write(LogLevel.Warning, $"{mountPoint} is unreachable and not frozen: {failure.Reason}");
                _evidence.LeaveOut(mountPoint.Path, mountPoint, $"it is unreachable: {failure.Reason}", isMissed: true);
                unreachable.Add(failure);
            }
        }

        // What was asked for by name is missed. Of two at one path, the upper one is meant.
        if (request.MountPoints is not null
            && unreachable.Find(failure => _held.All.All(open => open.MountPoint.Path != failure.MountPoint.Path)) is { } missed)
        {
            throw missed;
        }

        _evidence.Opened([.. _held.All.Select(open => open.MountPoint)]);
        if (_held.All.Count > 0)
            _deadline.Entrust(StartGuardian(isFrozen: false));
    }

    /// <summary>Freezes what is open. From here on an agent that starts takes the guest for frozen.</summary>
    /// <returns>How many filesystems were frozen. If none was, nobody takes the guest for frozen any more.</returns>
    public int Freeze(FreezeRequest request)
    {
        _since = time.GetUtcNow();
        _deadline.Start(request.Timeout);
        _isMarked = true;
        Mark("create", FreezeLimit, platform.Marker.Create);
        _evidence.Marked(platform.Marker.Identity);
        _deadline.Guardian?.Mark(platform.Marker);
        if (!platform.OwnFiles.Hold(FreezeLimit))
            throw new FreezeException($"failed to freeze: the agent's log has not come to rest within {FreezeLimit.TotalSeconds:0} s");

        _frozen.Clear();
        foreach (var open in _held.All.ToList())
        {
            if (TryFreeze(open, isNamed: request.MountPoints is not null))
                _frozen.Add(open.MountPoint);
            if (Remaining == TimeSpan.Zero)
                throw new FreezeException($"failed to freeze: the timeout of {request.Timeout!.Value.TotalSeconds:0} s has passed on the way");
        }

        _evidence.FreezeComplete();
        _deadline.Guardian?.EndFreezing();
        if (_frozen.Count == 0)
        {
            // What others have frozen stays so, as with qemu-ga.
            _deadline.Cancel(ThawLimit);
            LeaveFrozenState();
            _evidence.Ending(FreezeEnder.Failure);
            _evidence.End();
        }

        return _frozen.Count;
    }

    /// <summary>
    /// Whether the freeze is still ours, as far as its marker tells: it is gone, or another's, once somebody else has thawed the guest.
    /// The kernel itself tells nobody what is frozen. Called by one at a time.
    /// </summary>
    public bool IsStillOurs()
    {
        // One look at a directory that does not answer is enough.
        if (_isLooking)
            return true;
        var isUnanswered = false;
        _isLooking = true;
        try
        {
            return !calls.Run(ThawLimit, () => platform.Marker.IsLost, late: _ => _isLooking = false);
        }
        catch (TimeoutException)
        {
            isUnanswered = true;
            return true;
        }
        finally
        {
            if (!isUnanswered)
                _isLooking = false;
        }
    }

    /// <summary>Leaves the frozen state because somebody else has thawed the guest. Nothing is thawed: what is frozen now is not ours.</summary>
    public void Forget()
    {
        _frozen.Clear();
        _deadline.End(ThawLimit);
        LeaveFrozenState();
        _evidence.Ending(FreezeEnder.ForeignThaw);
        _evidence.End();
    }

    /// <summary>As <see cref="Thaw(FreezeEnder, string?, string?, string?)"/>, for a host.</summary>
    public ThawReport Thaw() => Thaw(FreezeEnder.Host);

    /// <summary>Thaws every filesystem, whoever froze it, and leaves the frozen state. The hook is a step of its own.</summary>
    /// <param name="by">Who ends the freeze.</param>
    /// <param name="peer">Who has asked for that; null if nobody has, or it is not known.</param>
    /// <param name="reason">Why it is undone, if it has failed.</param>
    /// <param name="channel">By which channel it was asked for; null if nobody has, or it is not known.</param>
    public ThawReport Thaw(FreezeEnder by, string? peer = null, string? reason = null, string? channel = null)
    {
        GoOnWithRecord();
        _evidence.Ending(by, peer, reason, channel);
        var report = new ThawReport();
        foreach (var mountPoint in ThawOrder(report))
        {
            var before = _evidence.Now;
            try
            {
                if (!_held.Thaw(mountPoint, _deadline.Guardian))
                {
                    _evidence.FoundThawed(mountPoint);
                    continue;
                }

                _evidence.Thawed(mountPoint, before);
                report.Thawed.Add(mountPoint.Path);
            }
            catch (FreezeException stuck)
            {
                _evidence.Unanswered(mountPoint, stuck.Message);
                report.Skipped.Add(stuck.Message);
            }

            _frozen.RemoveAll(frozen => frozen.Device == mountPoint.Device);
        }

        // The guardian has its mount points open, whatever their paths lead to now.
        var beforeRest = _evidence.Now;
        report.ThawedByGuardian = _deadline.End(ThawLimit);
        _evidence.ThawedRest(report.ThawedByGuardian, beforeRest);
        LeaveFrozenState();
        platform.Audit.Record("guest-fsthaw called");
        foreach (var line in report.Skipped)
            platform.Log.Write(LogLevel.Warning, line);
        if (_frozen.Count > report.ThawedByGuardian)
            platform.Log.Write(
                LogLevel.Warning, $"not frozen any more, so somebody else has thawed it: {string.Join(", ", _frozen.Select(frozen => frozen.Path))}");
        _frozen.Clear();
        return report;
    }

    /// <summary>Runs the hook, if there is one. With that of the thaw the freeze is over.</summary>
    /// <exception cref="FreezeHookException">It has failed.</exception>
    public void RunHook(FreezeHookAction action, FreezeHookReason reason)
    {
        try
        {
            if (platform.Hook is { } hook)
                Run(hook, action, reason);
        }
        finally
        {
            if (action == FreezeHookAction.Thaw)
                _evidence.End();
        }
    }

    /// <summary>
    /// Takes over a freeze that an agent before this one has left: with its guardian, or a new one if there is none, which has
    /// the whole time again since nobody knows how much has passed.
    /// </summary>
    public void TakeOver()
    {
        _since = platform.Marker.CreatedAt() ?? time.GetUtcNow();
        platform.Marker.Adopt();
        _evidence.TakeOver(platform.Marker.Identity);
        if (platform.LeftBehind is { } guardian)
        {
            _deadline.Entrust(guardian);
            _deadline.Set(guardian.Remaining);
            guardian.Mark(platform.Marker);
            guardian.EndFreezing();
            return;
        }

        _deadline.Set(settings.Timeout);
        Guard();
        if (_deadline.Guardian is not { } ours)
            return;
        foreach (var line in platform.Guardians.EndOthers(ours))
            platform.Log.Write(LogLevel.Warning, line);
    }

    /// <summary>Starts a guardian for what is frozen already, in the place of one that has ended.</summary>
    public void Guard()
    {
        try
        {
            _deadline.Entrust(null);
            if (_held.All.Count == 0)
                OpenWhatAnswers();
            var guardian = StartGuardian(isFrozen: true);
            _deadline.Entrust(guardian);
            guardian.Arm(Remaining);
            guardian.Mark(platform.Marker);
            guardian.EndFreezing();
        }
        catch (Exception failure) when (failure is PlatformException or FreezeException)
        {
            // One that is not armed, or does not know the marker, would hold the mount points and thaw none.
            _deadline.Guardian?.Disarm(ThawLimit);
            _deadline.Entrust(null);
            platform.Log.Write(LogLevel.Critical, $"nobody guards the freeze beside the agent: {failure.Message}");
        }
    }

    private void Run(IFreezeHook hook, FreezeHookAction action, FreezeHookReason reason)
    {
        platform.Audit.Record($"executing fsfreeze hook with arg '{action.Word()}'");
        _evidence.HookBegan(action.Word(), reason.Word());
        string? failure = null;

        // The hook keeps its own limit; this one is for a program that can't even be started.
        try
        {
            calls.Run(settings.HookLimit + FreezeLimit, () => hook.Run(action, reason));
        }
        catch (TimeoutException stuck)
        {
            failure = $"failed to execute fsfreeze hook: {stuck.Message}";
            throw new FreezeHookException(failure, wasKilled: true);
        }
        catch (FreezeHookException failed)
        {
            failure = failed.Message;
            throw;
        }
        finally
        {
            _evidence.HookEnded(failure);
        }
    }

    /// <returns>Whether it is frozen now.</returns>
    private bool TryFreeze(IOpenMountPoint open, bool isNamed)
    {
        FreezeResult result;
        try
        {
            result = _held.Freeze(open);
        }
        catch (Exception failure) when (failure is FreezeException or PlatformException)
        {
            _evidence.NotFrozen(open.MountPoint, failure.Message, isMissed: true);
            throw;
        }

        if (result == FreezeResult.Frozen)
        {
            _evidence.Froze(open.MountPoint);
            return true;
        }

        // What can't be frozen was meant only by whoever has named it; what others have frozen they may thaw at any time.
        var (reason, isMissed) = result == FreezeResult.Unsupported
            ? ("it can't be frozen", isNamed)
            : ("it is frozen already, by somebody else", true);
        _evidence.NotFrozen(open.MountPoint, reason, isMissed);
        if (isNamed)
            platform.Log.Write(LogLevel.Warning, $"{open.MountPoint.Path} is not frozen: it can't be, or is so already by somebody else");
        return false;
    }

    private FreezeSelection Select(FreezeRequest request) =>
        new(request, Bounded("the list of mount points", platform.FileSystems.MountPoints), Exclusions);

    private IReadOnlyList<MountPoint> OrderOf(FreezeSelection selection)
    {
        foreach (var mountPoint in selection.MountPoints)
            _held.CheckAnswering(mountPoint, "freeze");
        return Bounded("the order of freezing", () => platform.FileSystems.FreezeOrder(selection.MountPoints));
    }

    private List<MountPoint> ThawOrder(ThawReport report)
    {
        List<MountPoint> known = [.. _held.All.Select(open => open.MountPoint)];
        try
        {
            var mounted = calls.Run(ThawLimit, platform.FileSystems.MountPoints);
            _evidence.Compare(mounted.Where(mountPoint => !Exclusions.Excludes(mountPoint)));
            var order = calls.Run(ThawLimit, () => InFreezeOrder(mounted)).Reverse();

            // What was unmounted meanwhile, lazily, is frozen all the same.
            return [.. order, .. Enumerable.Reverse(known).ExceptBy(
                mounted.Select(mountPoint => mountPoint.Device), mountPoint => mountPoint.Device)];
        }
        catch (Exception failure) when (failure is PlatformException or TimeoutException)
        {
            report.Failure = failure is PlatformException ? failure : new FreezeException($"failed to list the mount points: {failure.Message}");
            known.Reverse();
            return known;
        }
    }

    private IReadOnlyList<MountPoint> InFreezeOrder(IReadOnlyList<MountPoint> mounted)
    {
        try
        {
            return platform.FileSystems.FreezeOrder(mounted);
        }
        catch (FreezeException)
        {
            return [.. mounted.Reverse()];
        }
    }

    /// <summary>For <c>qga thaw</c>, which takes nothing over where there is no guardian.</summary>
    private void GoOnWithRecord()
    {
        if (!StartsFrozen || !_isMarked || _evidence.IsKept)
            return;
        try
        {
            calls.Run(ThawLimit, platform.Marker.Adopt);
        }
        catch (TimeoutException)
        {
            // The journal that is there is taken for this freeze's.
        }

        _evidence.TakeOver(platform.Marker.Identity);
    }

    private void LeaveFrozenState()
    {
        _held.LetGo();
        try
        {
            calls.Run(ThawLimit, platform.OwnFiles.Release);
        }
        catch (TimeoutException)
        {
            // The log goes on by itself once its file lets it.
        }

        if (_isMarked)
            Mark("delete", ThawLimit, RemoveMarker);
        _isMarked = false;
    }

    private void RemoveMarker()
    {
        if (!platform.Marker.Remove())
            platform.Log.Write(LogLevel.Warning, $"{platform.Marker.Path} is gone, or that of another freeze: somebody else has thawed the guest");
    }

    private void OpenWhatAnswers()
    {
        foreach (var mountPoint in Bounded("the order of freezing", () => InFreezeOrder(platform.FileSystems.MountPoints())))
        {
            try
            {
                _held.Open(mountPoint, ThawLimit);
            }
            catch (Exception failure) when (failure is PlatformException or FreezeException)
            {
                platform.Log.Write(LogLevel.Warning, $"{failure.Message}; the guardian can't thaw it");
            }
        }
    }

    /// <summary>The marker is for an agent that starts while the guest is frozen; without it the freeze goes on, as upstream.</summary>
    private void Mark(string action, TimeSpan limit, Action mark)
    {
        try
        {
            calls.Run(limit, mark);
        }
        catch (StateException failure)
        {
            foreach (var line in failure.Lines)
                platform.Log.Write(LogLevel.Warning, line);
        }
        catch (TimeoutException stuck) when (action == "delete")
        {
            platform.Log.Write(LogLevel.Warning, $"unable to {action} {platform.Marker.Path}: {stuck.Message}");
        }
        catch (TimeoutException stuck)
        {
            throw new FreezeException($"unable to {action} {platform.Marker.Path}: {stuck.Message}");
        }
    }

    private IFreezeGuardian StartGuardian(bool isFrozen)
    {
        var guardian = Bounded(
            "the freeze guardian",
            () => platform.Guardians.Start(_held.All, isFrozen, _evidence.Journal),
            late: guardian => guardian.Value?.Dispose());
        foreach (var warning in guardian.Warnings)
            platform.Log.Write(LogLevel.Warning, warning);
        return guardian;
    }

    private T Bounded<T>(string what, Func<T> call, Action<Outcome<T>>? late = null)
    {
        try
        {
            return calls.Run(FreezeLimit, call, progress: null, late);
        }
        catch (TimeoutException stuck)
        {
            throw new FreezeException($"failed to freeze: {what}: {stuck.Message}");
        }
    }
}
