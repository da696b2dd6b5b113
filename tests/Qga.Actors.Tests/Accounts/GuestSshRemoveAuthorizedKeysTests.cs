namespace Qga.Actors.Tests.Accounts;

public sealed class GuestSshRemoveAuthorizedKeysTests : AgentFixture
{
    [Fact]
    public void Keys_are_removed()
    {
        Assert.Equal("""{"return": {}}""", Ask(StartAgent(), "guest-ssh-remove-authorized-keys", "{'username': 'alice', 'keys': ['ssh-rsa A', '']}"));
        Assert.Equal(["RemoveAuthorizedKeys alice [ssh-rsa A|]"], GuestAccounts.Calls);
    }

    [Theory]
    [InlineData("", "Parameter 'keys' is missing")]
    [InlineData("'keys': ['#K']", "invalid OpenSSH public key: '#K'")]
    [InlineData("'keys': ['K'], 'reset': true", "Parameter 'reset' is unexpected")]
    public void What_is_wrong_is_the_answer_before_anything_is_done(string arguments, string error)
    {
        Assert.Equal(error, ErrorOf(Ask(StartAgent(), "guest-ssh-remove-authorized-keys", $"{{'username': 'alice', {arguments}}}")));
        Assert.Empty(GuestAccounts.Calls);
    }
}
