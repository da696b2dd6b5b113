using Xunit;

namespace Qga.Testing;

/// <summary>A test that compares with the real qemu-ga, and is skipped with the reason where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PeerFactAttribute : FactAttribute
{
    public PeerFactAttribute() => Skip = PeerAgent.UnavailableReason;

    /// <summary>Whether the test acts as root does.</summary>
    public bool NeedsRoot
    {
        get;
        set
        {
            field = value;
            Skip ??= value && !Environment.IsPrivilegedProcess ? "only root may do this" : null;
        }
    }
}
