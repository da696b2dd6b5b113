using Qga.Host.CommandLine;
using Qga.Platform;
using Qga.Platform.Freeze;
using Qga.Platform.Freeze.Guardian;
using Qga.Platform.State;

namespace Qga.Host.Freeze;

/// <summary>What an agent before this one may have left frozen.</summary>
internal sealed class FrozenGuest(AgentOptions options)
{
    internal LinuxFreezeGuardians Guardians { get; } = new(options.StateDirectory, options.FsFreezeHook, options.FsFreezeHookTimeout);

    internal FrozenMarker Marker { get; } = new(options.StateDirectory);

    /// <summary>The guardian that was left behind; null if there is none, or nobody has looked.</summary>
    internal IFreezeGuardian? LeftBehind { get; private set; }

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
        LeftBehind = Guardians.Find(out var hasGuardian);
        return Marker.Exists() || hasGuardian;
    }
}
