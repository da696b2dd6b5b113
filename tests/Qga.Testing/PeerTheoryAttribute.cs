using Qga.Testing;

namespace Qga.Host.Tests.CommandLine;

/// <summary>A comparison with the real qemu-ga, skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PeerTheoryAttribute : TheoryAttribute
{
    public PeerTheoryAttribute()
    {
        if (ProcessRun.Peer is null)
            Skip = "no qemu-ga to compare with: `make deps` fetches one, or QGA_PEER names one";
    }
}
