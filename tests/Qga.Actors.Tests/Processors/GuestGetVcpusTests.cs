using Qga.Platform.Processors;

namespace Qga.Actors.Tests.Processors;

public sealed class GuestGetVcpusTests : AgentFixture
{
    [Fact]
    public void Processors_keep_the_order_of_the_kernel()
    {
        Processors.Present.Add(new Processor(1, IsOnline: false, CanOffline: true));
        Processors.Present.Add(new Processor(0, IsOnline: true, CanOffline: false));

        Assert.Equal(
            """{"return": [{"logical-id": 1, "online": false, "can-offline": true}, {"logical-id": 0, "online": true, "can-offline": false}]}""",
            Ask(StartAgent(), "guest-get-vcpus"));
    }
}
