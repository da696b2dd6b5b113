using Qga.Testing;

namespace Qga.Guest.Tests;

/// <summary>A case that needs a guest: skipped, with the reason, where none can be booted.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GuestFactAttribute : FactAttribute
{
    public GuestFactAttribute() => Skip = GuestImage.Unavailable;

    /// <summary>Whether it compares with the real qemu-ga.</summary>
    public bool NeedsPeer
    {
        get;
        set
        {
            field = value;
            Skip ??= value ? FreezeLabAgent.PeerUnavailableReason : null;
        }
    }
}
