namespace Qga.Actors.Tests.Accounts;

public sealed class GuestSshAddAuthorizedKeysTests : AgentFixture
{
    [Theory]
    [InlineData("'keys': ['ssh-rsa A', '', ' #x']", "[ssh-rsa A|| #x] False")]
    [InlineData("'keys': [], 'reset': true", "[] True")]
    [InlineData("'keys': ['K'], 'reset': false", "[K] False")]
    [InlineData("'keys': ['K\\r']", "[K\r] False")]
    public void Keys_are_added(string arguments, string expected)
    {
        Assert.Equal("""{"return": {}}""", Ask(StartAgent(), "guest-ssh-add-authorized-keys", $"{{'username': 'alice', {arguments}}}"));
        Assert.Equal([$"AddAuthorizedKeys alice {expected}"], GuestAccounts.Calls);
    }

    [Theory]
    [InlineData("", "Parameter 'keys' is missing")]
    [InlineData("'keys': 'K'", "Invalid parameter type for 'keys', expected: array")]
    [InlineData("'keys': ['K', 1]", "Invalid parameter type for 'keys[1]', expected: string")]
    [InlineData("'keys': ['K'], 'reset': 1", "Invalid parameter type for 'reset', expected: boolean")]
    [InlineData("'keys': ['K', '#K']", "invalid OpenSSH public key: '#K'")]
    [InlineData("'keys': ['K\\nL']", "invalid OpenSSH public key: 'K\nL'")]
    [InlineData("'keys': ['K\\u0000']", "invalid OpenSSH public key: 'K\0'")]
    [InlineData("'keys': ['K\\r\\n']", "invalid OpenSSH public key: 'K\r\n'")]
    [InlineData("'keys': ['K\\rL']", "invalid OpenSSH public key: 'K\rL'")]
    public void What_is_wrong_is_the_answer_before_anything_is_done(string arguments, string error)
    {
        Assert.Equal(error, ErrorOf(Ask(StartAgent(), "guest-ssh-add-authorized-keys", $"{{'username': 'alice', {arguments}}}")));
        Assert.Empty(GuestAccounts.Calls);
    }
}
