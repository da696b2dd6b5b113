using Xunit;

namespace Qga.Testing;

/// <summary>A test that compares with the real qemu-ga, and is skipped with the reason where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PeerFactAttribute : FactAttribute
{
    public PeerFactAttribute() => Skip = PeerAgent.UnavailableReason;
}
