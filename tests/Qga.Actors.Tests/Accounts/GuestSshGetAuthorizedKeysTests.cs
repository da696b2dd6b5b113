namespace Qga.Actors.Tests.Accounts;

public sealed class GuestSshGetAuthorizedKeysTests : AgentFixture
{
    [Fact]
    public void Last_key_of_the_file_comes_first()
    {
        GuestAccounts.Keys["alice"] = ["ssh-rsa A", "B \"x\"", "C\uDCFF"];
        GuestAccounts.Keys["bob"] = [];

        Assert.Equal(
            """{"return": {"keys": ["C\uFFFD", "B \"x\"", "ssh-rsa A"]}}""", Ask(
                StartAgent(), "guest-ssh-get-authorized-keys", "{'username': 'alice'}"));
        Assert.Equal("""{"return": {"keys": []}}""", Ask(StartAgent(), "guest-ssh-get-authorized-keys", "{'username': 'bob'}"));
    }

    [Theory]
    [InlineData("{}", "Parameter 'username' is missing")]
    [InlineData("{'username': 1}", "Invalid parameter type for 'username', expected: string")]
    [InlineData("{'username': 'carol'}", "failed to lookup user 'carol': there is no such user")]
    public void What_is_wrong_is_the_answer(string arguments, string error) =>
        Assert.Equal(error, ErrorOf(Ask(StartAgent(), "guest-ssh-get-authorized-keys", arguments)));
}
