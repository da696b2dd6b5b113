using Qga.Host.CommandLine;
using Qga.Platform;
using Qga.Platform.Freeze;
using Qga.Platform.Freeze.Guardian;
using Qga.Platform.Logging;
using Qga.Platform.State;
using Qga.Platform.Timekeeping;
using Qga.Platform.Work;

namespace Qga.Host.Freeze;

/// <summary>What an agent before this one may have left frozen, and the freezer that takes it on.</summary>
internal sealed class FrozenGuest
{
    private readonly AgentOptions _options;
    private readonly LinuxFreezeGuardians _guardians;

    internal FrozenGuest(AgentOptions options)
    {
        _options = options;
        _guardians = new LinuxFreezeGuardians(options.StateDirectory, options.FsFreezeHook, options.FsFreezeHookTimeout);
        Marker = new FrozenMarker(options.StateDirectory);
    }

    internal FrozenMarker Marker { get; }

    /// <summary>The guardian that was left behind; null if there is none, or nobody has looked.</summary>
    internal IFreezeGuardian? Guardian { get; private set; }

    /// <summary>Whether the guest may be frozen, as far as a look at the marker tells.</summary>
    internal bool MayBe
    {
        get
        {
            try
            {
                return Marker.Exists();
            }
            catch (PlatformException)
            {
                return true;
            }
        }
    }

    /// <summary>Whether an agent before this one has ended with filesystems frozen.</summary>
    /// <exception cref="PlatformException">It can't be told; the guest must then be taken for frozen.</exception>
    internal bool Find()
    {
        // The marker may be missing, where the state directory could not take it.
        Guardian = _guardians.Find(out var hasGuardian);
        return Marker.Exists() || hasGuardian;
    }

    /// <summary>Ends guardians that could not be reached, now that nothing is frozen any more.</summary>
    /// <returns>What was done to each.</returns>
    internal IReadOnlyList<string> EndGuardians() => _guardians.EndOthers(ours: null);

    /// <summary>Freezing and thawing by the options, from where an agent before this one has left off if the guest is frozen now.</summary>
    internal FreezeSteps Steps(
        bool isFrozen, AgentLog log, IOwnFiles ownFiles, IMountedFileSystems fileSystems, WorkerPool workers) => new(
        new FreezeSettings(isFrozen, _options.FsFreezeTimeout, new FreezeExclusions(_options.FsFreezeExclude), _options.FsFreezeHookTimeout),
        new FreezePlatform(fileSystems, _guardians, Marker, ownFiles, log, log)
        {
            Hook = _options.FsFreezeHook is { } hook ? new FreezeHook(hook, _options.FsFreezeHookTimeout) : null,
            LeftBehind = Guardian,
        },
        new BoundedCalls(workers, TimeProvider.System),
        BootClock.Instance);
}
