using Qga.Testing;

namespace Qga.Host.Tests.Channels;

/// <summary>What can be said about vsock without a host and a guest; the rest is tested in a real guest.</summary>
public sealed class VsockListenTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("3", "error parsing address '3'")]
    [InlineData("3:", "error parsing address '3:'")]
    [InlineData(":3", "error parsing address ':3'")]
    [InlineData("3:x", "Failed to parse port 'x'")]
    [InlineData("x:3", "Failed to parse cid 'x'")]
    public void Malformed_address_is_refused(string address, string error)
    {
        using var agent = PublishedAgent.Start(_scratch, "-m", "vsock-listen", "-p", address);

        Assert.Equal(78, agent.WaitForExit());
        Assert.Contains($"critical: {error}\n", agent.Output, StringComparison.Ordinal);
        Assert.EndsWith("critical: error initializing guest agent\n", agent.Output, StringComparison.Ordinal);
    }
}
