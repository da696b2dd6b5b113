using Qga.Platform.Processes;
using Qga.Platform.Users;
using Qga.Testing;

namespace Qga.Platform.Tests.Processes;

public sealed class GuestUsersTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly ScratchDirectory _scratch = new();

    private string Passwd => _scratch.PathOf("passwd");

    private string Group => _scratch.PathOf("group");

    private string Getent => _scratch.PathOf("getent");

    public GuestUsersTests()
    {
        File.WriteAllText(Passwd, "+::::::\nroot:x:0:0:root:/root:/bin/sh\nalice:x:1000:100:Alice:/home/alice:/bin/zsh\nalice:x:1001:1:Second:/:\n");
        File.WriteAllText(Group, "root:x:0:\nusers:x:100:alice\n# no:x:1:alice\nstaff:x:50:bob,alice\naudio:x:29:alicex\nwheel:x:10:dora, bob\n");
    }

    [Fact]
    public void User_of_the_file_is_found_with_the_groups_of_the_file_and_nobody_is_asked()
    {
        Answer("touch \"$0.asked\"; exit 1");

        var user = Find("alice");

        Assert.Equal(("alice", 1000u, 100u, "/home/alice", "/bin/zsh"), (user.Name, user.UserId, user.GroupId, user.Home, user.Shell));
        Assert.Equal([100, 50], user.Groups);
        Assert.Equal([0], Find("root").Groups);
        Assert.False(File.Exists($"{Getent}.asked"));
    }

    [Fact]
    public void User_of_a_directory_is_found_by_getent_with_all_groups()
    {
        Answer(
            """
            case "$1 $2" in
                "passwd dora") echo 'warning: slow' >&2; echo 'dora:*:70000:70001:Dora:/net/dora:/bin/sh' ;;
                "initgroups dora") echo 'dora                   70001 70002 10' ;;
                *) exit 2 ;;
            esac
            """);

        var user = Find("dora");

        Assert.Equal(("dora", 70000u, 70001u, "/net/dora"), (user.Name, user.UserId, user.GroupId, user.Home));
        Assert.Equal([70001, 10, 70002], user.Groups);
    }

    /// <remarks>Modules of the name service write there what they like.</remarks>
    [Fact]
    public void What_getent_says_on_the_error_stream_is_no_answer()
    {
        Answer(
            """
            printf 'evil:x:0:0::/root:\ndora 0\n' >&2
            case "$1" in
                passwd) echo 'dora:x:5:6::/home/dora:' ;;
                initgroups) printf 'doramore 8\n'; printf 'dora 0' >&2; echo 'dora 7' ;;
            esac
            """);

        var user = Find("dora");
        Assert.Equal((5u, "/home/dora"), (user.UserId, user.Home));
        Assert.Equal([6, 10, 7], user.Groups);
    }

    [Fact]
    public void User_whom_a_directory_spells_otherwise_has_the_groups_of_that_name()
    {
        Answer("[ \"$1\" = passwd ] && echo 'dora:x:5:6:::' || exit 2");

        var user = Find("DORA");
        Assert.Equal("dora", user.Name);
        Assert.Equal([6, 10], user.Groups);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Getent_that_does_not_know_initgroups_leaves_those_of_the_file(int exitCode)
    {
        Answer($"[ \"$1\" = passwd ] || {{ echo 'Unknown database: initgroups' >&2; exit {exitCode}; }}; echo 'dora:x:5:6:::'");

        Assert.Equal([6, 10], Find("dora").Groups);
    }

    [Fact]
    public void All_groups_that_a_user_can_be_in_are_taken_and_no_more()
    {
        Answer("[ \"$1\" = passwd ] && echo 'big:x:5:6:::' && exit; printf 'big '; seq -s ' ' 4294900000 4294965535");

        Assert.Equal(65536, Find("big").Groups.Length);
    }

    [Fact]
    public void Getent_has_a_clean_environment()
    {
        Answer("[ \"$1\" = passwd ] || exit 2; echo \"e:x:1:1::/$(env | grep -v '^\\(PWD\\|SHLVL\\|_\\)=' | cut -d= -f1 | sort | tr '\\n' ' '):\"");

        Assert.Equal("/LC_ALL PATH ", Find("e").Home);
    }

    [Fact]
    public void User_whom_nobody_knows_is_said_not_to_be_there_and_who_was_asked()
    {
        Answer("exit 2");
        Assert.Equal($"failed to lookup user 'bob': there is no such user: {Passwd} has none, and {Getent} finds none", FailureOf("bob"));

        File.Delete(Getent);
        Assert.StartsWith(
            $"failed to lookup user 'bob': there is no such user: {Passwd} has none, and there is no {Getent} to ask in /", FailureOf("bob"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exit 3", ": child process has failed to look it up: exit status 3")]
    [InlineData("echo 'no database' >&2; exit 1", ": child process has failed to look it up: no database")]
    [InlineData("kill -9 $$", ": child process has terminated abnormally")]
    public void Getent_that_fails_is_named_with_what_it_said(string script, string complaint)
    {
        Answer(script);
        Assert.Equal($"failed to lookup user 'bob': {Passwd} has none, and {Getent}{complaint}", FailureOf("bob"));

        Answer($"[ \"$1\" = initgroups ] || {{ echo 'bob:x:5:6:::'; exit; }}\necho 'broken' >&2; exit 9");
        Assert.Equal($"failed to lookup user 'bob': of the user's groups {Getent}: child process has failed to look it up: broken", FailureOf("bob"));
    }

    [Theory]
    [InlineData("echo bob", "the answer of {0} is no user: bob")]
    [InlineData("true", "the answer of {0} is no user: ")]
    [InlineData("echo 'bob:x:5:6:::'; echo 'bob:x:0:0:::'", "the answer of {0} is no user: bob:x:5:6:::\nbob:x:0:0:::")]
    [InlineData("echo 'bob:x:many:6:::'", "the answer of {0} is no user: bob:x:many:6:::")]
    public void Answer_that_is_no_user_is_told(string script, string complaint)
    {
        Answer(script);
        Assert.Equal($"failed to lookup user 'bob': {Passwd} has none, and {string.Format(null, complaint, Getent)}", FailureOf("bob"));
    }

    [Fact]
    public void Group_that_is_no_number_is_told()
    {
        Answer("[ \"$1\" = passwd ] && echo 'bob:x:5:6:::' && exit; echo 'bob 6 staff'");
        Assert.Equal($"failed to lookup user 'bob': the answer of {Getent} has a group that is no number: staff", FailureOf("bob"));
    }

    [Theory]
    [InlineData("sleep 1000", "failed to lookup user 'bob': {0} has none, and {1} has not answered within 0.3 s")]
    [InlineData("[ \"$1\" = initgroups ] || { echo 'bob:x:5:6:::'; exit; }; sleep 1000", "failed to lookup user 'bob': of the user's groups {1} has not answered within 0.3 s")]
    public void Getent_that_hangs_is_given_up(string script, string failure)
    {
        Answer(script);
        Assert.Equal(string.Format(null, failure, Passwd, Getent), FailureOf("bob", TimeSpan.FromMilliseconds(300)));
    }

    /// <remarks>It would look up a number as that of a user.</remarks>
    [Theory]
    [InlineData("1000", true)]
    [InlineData("0", true)]
    [InlineData("-1", true)]
    [InlineData("+1", true)]
    [InlineData(" 1", true)]
    [InlineData("--help", true)]
    [InlineData("", false)]
    [InlineData("root\0", false)]
    [InlineData("root\n", false)]
    [InlineData("root:x", false)]
    public void Getent_is_not_asked_for_what_it_takes_for_something_else(string name, bool mayBeAUser)
    {
        Answer("echo 'root:x:0:0::/root:'");

        var more = mayBeAUser ? $", and {Getent} can't be asked for such a name" : "";
        Assert.Equal($"failed to lookup user '{name}': there is no such user: {Passwd} has none{more}", FailureOf(name));
    }

    [Fact]
    public void Files_that_are_missing_have_nobody()
    {
        Answer("[ \"$1\" = passwd ] && echo 'bob:x:5:6:::' || echo 'bob 7'");
        File.Delete(Passwd);
        File.Delete(Group);

        Assert.Equal([6, 7], Find("bob").Groups);
    }

    [Fact]
    public void File_that_cannot_be_read_is_named()
    {
        File.Delete(Passwd);
        Directory.CreateDirectory(Passwd);

        Assert.Equal($"failed to lookup user 'alice': failed to read {Passwd}: Is a directory", FailureOf("alice"));
    }

    [Fact]
    public void Root_of_this_machine_is_found()
    {
        var root = GuestUsers.Own.Find("root");

        Assert.Equal(("root", 0u, 0u), (root.Name, root.UserId, root.GroupId));
        Assert.Equal(File.ReadLines("/etc/passwd").Select(line => line.Split(':')).First(entry => entry[0] == "root")[5], root.Home);
        Assert.Contains(0u, root.Groups);
    }

    public void Dispose() => _scratch.Dispose();

    private void Answer(string script) => _scratch.WriteProgram("getent", $"#!/bin/sh\n{script}\n");

    private UserAccount Find(string name, TimeSpan? limit = null) => new GuestUsers(Passwd, Group, Getent, limit ?? Patience).Find(name);

    private string FailureOf(string name, TimeSpan? limit = null) => Assert.ThrowsAny<PlatformException>(() => Find(name, limit)).Message;
}
