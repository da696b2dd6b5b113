namespace Qga.Actors.Tests.Processors;

public sealed class GuestGetMemoryBlockInfoTests : AgentFixture
{
    [Fact]
    public void Size_of_a_block_is_without_a_sign() => Assert.Equal(
        """{"return": {"size": 9223372036854775808}}""", Ask(StartAgent(), "guest-get-memory-block-info"));
}
