using Xunit;

namespace Qga.Testing;

/// <summary>A test with the real qemu-ga in a <see cref="NamespaceLab"/>, skipped with the reason where one of them is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NamespaceLabFactAttribute : FactAttribute
{
    public NamespaceLabFactAttribute() => Skip = NamespaceLab.UnavailableReason ?? PeerAgent.UnavailableReason;
}
