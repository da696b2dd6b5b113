using Xunit;

namespace Qga.Testing;

/// <summary>A theory that compares with the real qemu-ga, and is skipped with the reason where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PeerTheoryAttribute : TheoryAttribute
{
    public PeerTheoryAttribute() => Skip = PeerAgent.UnavailableReason;
}
