using Qga.Platform.Processors;

namespace Qga.Actors.Tests.Processors;

public sealed class GuestGetMemoryBlocksTests : AgentFixture
{
    [Fact]
    public void Blocks_keep_the_order_of_the_kernel()
    {
        Processors.Memory.Add(new MemoryBlock(ulong.MaxValue, IsOnline: false, CanOffline: true));
        Processors.Memory.Add(new MemoryBlock(0, IsOnline: true, CanOffline: false));

        Assert.Equal(
            """{"return": [{"phys-index": 18446744073709551615, "online": false, "can-offline": true}, {"phys-index": 0, "online": true, "can-offline": false}]}""",
            Ask(StartAgent(), "guest-get-memory-blocks"));
    }
}
