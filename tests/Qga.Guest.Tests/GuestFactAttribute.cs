using Qga.Testing;

namespace Qga.Guest.Tests;

/// <summary>A case that needs a guest: skipped, with the reason, where none can be booted.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GuestFactAttribute : FactAttribute
{
    public GuestFactAttribute() => Skip = GuestImage.Unavailable;

    /// <summary>What only a PC of ours has, in words; null if it needs nothing of that.</summary>
    public string? OfPc
    {
        get;
        set
        {
            field = value;
            Skip ??= value is null || GuestArchitecture.Current.IsPc ? null : $"the guest is no PC, which alone {value}";
        }
    }

    /// <summary>Whether it compares with the real qemu-ga.</summary>
    public bool NeedsPeer
    {
        get;
        set
        {
            field = value;
            Skip ??= !value ? null : GuestArchitecture.Current.IsPc ? FreezeLabAgent.PeerUnavailableReason : "the real qemu-ga is there for a PC alone";
        }
    }
}
