namespace Qga.Actors.Tests.Identity;

public sealed class GuestGetHostNameTests : AgentFixture
{
    [Fact]
    public void The_name_is_the_one_of_now()
    {
        var agent = StartAgent();

        Assert.Equal("""{"return": {"host-name": "guest.example"}}""", Ask(agent, "guest-get-host-name"));
        Identity.HostName = "renamed";
        Assert.Equal("""{"return": {"host-name": "renamed"}}""", Ask(agent, "guest-get-host-name"));
    }

    [Fact]
    public void Name_that_is_not_utf8_is_shown_as_far_as_it_is()
    {
        Identity.HostName = "a\uDCFFb";

        Assert.Equal("""{"return": {"host-name": "a\uFFFDb"}}""", Ask(StartAgent(), "guest-get-host-name"));
    }

    [Fact]
    public void Stuck_workers_do_not_hold_it_up()
    {
        var gate = new ManualResetEventSlim();
        for (var i = 0; i < 2 * Workers.MostStuck; i++)
            Workers.TryStart(gate.Wait, static () => { });

        Assert.Equal("""{"return": {"host-name": "guest.example"}}""", Ask(StartAgent(), "guest-get-host-name"));
        gate.Set();
    }
}
