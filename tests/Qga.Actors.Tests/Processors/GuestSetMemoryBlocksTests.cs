using Qga.Platform.Native;
using Qga.Platform.Processors;

namespace Qga.Actors.Tests.Processors;

public sealed class GuestSetMemoryBlocksTests : AgentFixture
{
    [Fact]
    public void Every_block_has_an_outcome_of_its_own_and_an_error_code_if_it_failed()
    {
        Processors.MemoryChanges[2] = new(MemoryBlockOutcome.OperationNotSupported, Errno.ENOENT);
        Processors.MemoryChanges[3] = new(MemoryBlockOutcome.OperationFailed, Errno.EBUSY);
        Processors.MemoryChanges[ulong.MaxValue] = new(MemoryBlockOutcome.NotFound, Errno.ENOENT);

        Assert.Equal(
            """
            {"return": [{"phys-index": 1, "response": "success"}, {"phys-index": 2, "response": "operation-not-supported", "error-code": 2}, {"phys-index": 3, "response": "operation-failed", "error-code": 16}, {"phys-index": 18446744073709551615, "response": "not-found", "error-code": 2}, {"phys-index": 1, "response": "success"}]}
            """.Trim(),
            Ask(
                StartAgent(),
                "guest-set-memory-blocks",
                """
                {"mem-blks": [{"phys-index": 1, "online": true}, {"phys-index": 2, "online": false}, {"phys-index": 3, "online": false, "can-offline": true},
                    {"phys-index": -1, "online": true}, {"phys-index": 1, "online": false}]}
                """));
        Assert.Equal([(1, true), (2, false), (3, false), (ulong.MaxValue, true), (1, false)], Processors.MemoryWishes);
    }

    [Fact]
    public void Nothing_to_do_is_done() => Assert.Equal("""{"return": []}""", Ask(StartAgent(), "guest-set-memory-blocks", "{'mem-blks': []}"));

    [Theory]
    [InlineData("{}", "Parameter 'mem-blks' is missing")]
    [InlineData(
        "{'mem-blks': [{'phys-index': 1, 'online': true}, {'phys-index': 'a', 'online': true}]}",
        "Parameter 'mem-blks[1].phys-index' expects uint64")]
    [InlineData("{'mem-blks': [{'phys-index': 1}]}", "Parameter 'mem-blks[0].online' is missing")]
    public void Argument_of_a_wrong_form_is_an_error_and_nothing_is_done(string arguments, string error)
    {
        Assert.Equal(error, ErrorOf(Ask(StartAgent(), "guest-set-memory-blocks", arguments)));
        Assert.Empty(Processors.MemoryWishes);
    }
}
