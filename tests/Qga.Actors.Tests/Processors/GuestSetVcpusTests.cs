using Qga.Platform.Processors;

namespace Qga.Actors.Tests.Processors;

public sealed class GuestSetVcpusTests : AgentFixture
{
    public GuestSetVcpusTests()
    {
        Processors.Present.Add(new Processor(0, IsOnline: true, CanOffline: true));
        Processors.Present.Add(new Processor(1, IsOnline: true, CanOffline: true));
    }

    [Fact]
    public void Every_element_is_carried_out_in_its_order_repeated_ones_too()
    {
        Assert.Equal(
            """{"return": 3}""",
            Ask(
                StartAgent(),
                "guest-set-vcpus",
                "{'vcpus': [{'logical-id': 1, 'online': false}, {'logical-id': 0, 'online': true, 'can-offline': false}, {'logical-id': 1, 'online': true}]}"));
        Assert.Equal([(1, false), (0, true), (1, true)], Processors.Wishes);
    }

    [Fact]
    public void First_failure_ends_the_work_and_the_number_tells_where()
    {
        Assert.Equal(
            """{"return": 1}""",
            Ask(
                StartAgent(),
                "guest-set-vcpus",
                "{'vcpus': [{'logical-id': 1, 'online': false}, {'logical-id': 7, 'online': false}, {'logical-id': 0, 'online': false}]}"));
        Assert.Equal([(1, false), (7, false)], Processors.Wishes);
    }

    [Fact]
    public void Failure_of_the_first_is_an_error() => Assert.Equal(
        "Could not open '/sys/devices/system/cpu/cpu-1/': No such file or directory",
        ErrorOf(Ask(StartAgent(), "guest-set-vcpus", "{'vcpus': [{'logical-id': -1, 'online': false}, {'logical-id': 1, 'online': false}]}")));

    [Fact]
    public void Nothing_to_do_is_done() => Assert.Equal("""{"return": 0}""", Ask(StartAgent(), "guest-set-vcpus", "{'vcpus': []}"));

    [Theory]
    [InlineData("{}", "Parameter 'vcpus' is missing")]
    [InlineData("{'vcpus': [{}]}", "Parameter 'vcpus[0].logical-id' is missing")]
    [InlineData("{'vcpus': [{'logical-id': 0}]}", "Parameter 'vcpus[0].online' is missing")]
    [InlineData("{'vcpus': [{'logical-id': 0, 'online': 1}]}", "Invalid parameter type for 'vcpus[0].online', expected: boolean")]
    [InlineData(
        "{'vcpus': [{'logical-id': 0, 'online': true, 'can-offline': 1}]}", "Invalid parameter type for 'vcpus[0].can-offline', expected: boolean")]
    [InlineData("{'vcpus': [{'logical-id': 0, 'online': true, 'x': 1}]}", "Parameter 'vcpus[0].x' is unexpected")]
    public void Argument_of_a_wrong_form_is_an_error_and_nothing_is_done(string arguments, string error)
    {
        Assert.Equal(error, ErrorOf(Ask(StartAgent(), "guest-set-vcpus", arguments)));
        Assert.Empty(Processors.Wishes);
    }
}
