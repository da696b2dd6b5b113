namespace Qga.Guest.Tests;

/// <summary>A case that needs a guest: skipped, with the reason, where none can be booted.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GuestFactAttribute : FactAttribute
{
    public GuestFactAttribute() => Skip = GuestImage.Unavailable;
}
