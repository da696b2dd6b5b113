using Qga.Actors.Accounts;
using Qga.Platform;
using Qga.Platform.Native;
using Qga.Transport.Protocol;

namespace Qga.Actors.Tests.Accounts;

public sealed class GuestSetUserPasswordTests : AgentFixture
{
    [Theory]
    [InlineData("alice", "c2VjcmV0", "false", "alice:secret False")]
    [InlineData("alice", "JDYkYWJj", "true", "alice:$6$abc True")]
    [InlineData("alice", "", "false", "alice: False")]
    [InlineData("", "eA==", "false", ":x False")]
    [InlineData("\u00E9l\u00EFs", "cP/+dzp4", "false", "\u00E9l\u00EFs:p\u00FF\u00FEw:x False")]
    [InlineData("alice", "YWJj\\nZGVm", "false", "alice:abcdef False")]
    [InlineData("alice", "YQ0=", "false", "alice:a\r False")]
    [InlineData("alice", "ISQ2JGEvLmI=", "true", "alice:!$6$a/.b True")]
    [InlineData("alice", "", "true", "alice: True")]
    public void Password_is_set(string user, string password, string crypted, string expected)
    {
        Assert.Equal("""{"return": {}}""", Ask(StartAgent(), "guest-set-user-password", Arguments(user, password, crypted)));
        Assert.Equal([$"SetPassword {expected}"], GuestAccounts.Calls);
    }

    [Theory]
    [InlineData("a:b", "eA==", "forbidden characters in username")]
    [InlineData("a\\nb", "eA==", "forbidden characters in username")]
    [InlineData("a\\u0000b", "eA==", "forbidden characters in username")]
    [InlineData("a:b", "eAp5", "forbidden characters in raw password")]
    [InlineData("a:b", "!!", "Base64 data contains invalid characters")]
    [InlineData("alice", "YQpyb290Ong=", "forbidden characters in raw password")]
    [InlineData("alice", "YQBi", "forbidden characters in raw password")]
    [InlineData("alice", "AA==", "forbidden characters in raw password")]
    [InlineData("alice", "YQBi", "forbidden characters in raw password", "true")]
    [InlineData("alice", "JDYkYTowOjA6", "forbidden characters in crypted password", "true")]
    [InlineData("alice", "JDYkYQ0=", "forbidden characters in crypted password", "true")]
    [InlineData("alice", "JDYkIGE=", "forbidden characters in crypted password", "true")]
    [InlineData("alice", "JDYk/w==", "forbidden characters in crypted password", "true")]
    public void What_would_be_another_line_or_field_or_is_no_password_is_refused(string user, string password, string error, string crypted = "false")
    {
        Assert.Equal(error, ErrorOf(Ask(StartAgent(), "guest-set-user-password", Arguments(user, password, crypted))));
        Assert.Empty(GuestAccounts.Calls);
    }

    [Theory]
    [InlineData("{'password': 'eA==', 'crypted': false}", "Parameter 'username' is missing")]
    [InlineData("{'username': 'a', 'crypted': false}", "Parameter 'password' is missing")]
    [InlineData("{'username': 'a', 'password': 'eA=='}", "Parameter 'crypted' is missing")]
    [InlineData("{'username': 'a', 'password': 'eA==', 'crypted': 1}", "Invalid parameter type for 'crypted', expected: boolean")]
    public void All_arguments_are_needed(string arguments, string error) =>
        Assert.Equal(error, ErrorOf(Ask(StartAgent(), "guest-set-user-password", arguments)));

    [Fact]
    public void Failure_is_the_answer()
    {
        GuestAccounts.Failure = new PlatformException("child process has failed to set user password: exit status 3");
        Assert.Equal(GuestAccounts.Failure.Message, ErrorOf(Ask(StartAgent(), "guest-set-user-password", Arguments("a", "eA==", "false"))));
    }

    [Fact]
    public void Password_is_told_to_nobody()
    {
        Ask(StartAgent(), "guest-set-user-password", Arguments("alice", "c2VjcmV0", "false"));
        Assert.Empty(Audit.Lines);

        var command = Parse("""{'username': 'alice', 'password': 'c2VjcmV0', 'crypted': false}""");
        Assert.DoesNotContain("c2VjcmV0", $"{command}");
    }

    [Fact]
    public void Nothing_of_it_is_left_in_memory_whatever_becomes_of_it()
    {
        foreach (var failure in (PlatformException?[])[null, new SystemCallException(Errno.EIO, "chpasswd")])
        {
            GuestAccounts.Failure = failure;
            var command = Parse("""{'username': 'alice', 'password': 'c2VjcmV0', 'crypted': false}""");
            _ = Record.Exception(() => command.Execute(GuestAccounts));
            Assert.Equal(new byte[8], command.Base64Password.Memory.ToArray());
        }
    }

    private static GuestSetUserPassword Parse(string arguments) =>
        GuestSetUserPassword.Parse(new QmpArguments(Newtonsoft.Json.Linq.JObject.Parse(arguments)));

    private static string Arguments(string user, string password, string crypted) =>
        $"{{'username': '{user}', 'password': '{password}', 'crypted': {crypted}}}";
}
