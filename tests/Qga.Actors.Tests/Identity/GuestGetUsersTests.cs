namespace Qga.Actors.Tests.Identity;

public sealed class GuestGetUsersTests : AgentFixture
{
    [Fact]
    public void Nobody_is_an_empty_list() => Assert.Equal("""{"return": []}""", Ask(StartAgent(), "guest-get-users"));

    [Fact]
    public void Logins_have_fractions_of_a_second()
    {
        Identity.Users = [new("joe", 1690000000.123456), new("ann", 1600000000)];

        Assert.Equal(
            """{"return": [{"user": "joe", "login-time": 1690000000.123456}, {"user": "ann", "login-time": 1600000000}]}""",
            Ask(StartAgent(), "guest-get-users"));
    }
}
