using System.Text;
using Qga.Platform.Native;
using Qga.Platform.Proc;
using Qga.Testing;

namespace Qga.Platform.Tests.Proc;

public sealed class AccountFileTests
{
    /// <summary>All that fgetpwent(3) takes for a user, but the lines about NIS, which getpwnam(3) passes over.</summary>
    private const string UsersByTheCLibrary = """
        #include <pwd.h>
        #include <stdio.h>

        int main(int count, char **arguments)
        {
            FILE *file = fopen(arguments[count - 1], "r");
            for (struct passwd *user; (user = fgetpwent(file)) != NULL;)
                if (user->pw_name[0] != '+' && user->pw_name[0] != '-')
                    printf("%s|%u|%u|%s|%s\n", user->pw_name, user->pw_uid, user->pw_gid, user->pw_dir, user->pw_shell);
            return 0;
        }
        """;

    private const string GroupsByTheCLibrary = """
        #include <grp.h>
        #include <stdio.h>

        int main(int count, char **arguments)
        {
            FILE *file = fopen(arguments[count - 1], "r");
            for (struct group *group; (group = fgetgrent(file)) != NULL;)
                if (group->gr_name[0] != '+' && group->gr_name[0] != '-')
                {
                    printf("%s|%u", group->gr_name, group->gr_gid);
                    for (char **member = group->gr_mem; *member != NULL; member++)
                        printf("|%s", *member);
                    printf("\n");
                }
            return 0;
        }
        """;

    private static readonly string[] Lines =
    [
        "root:x:0:0:root:/root:/bin/sh",
        "",
        "  \t",
        "# root:x:1:1::/:/bin/sh",
        "   # so is this",
        "  indented:x:1:2:A Name,,,:/home/in dented:/bin/sh",
        "trailing :x:3:4::/h:/bin/sh ",
        "+",
        "-",
        "+::::::",
        "+nis:x:5:5::/:/bin/sh",
        "-nis:x:5:5::/:/bin/sh",
        "+@netgroup",
        "name",
        "name:",
        "name:x",
        "name:x:",
        "name:x:6",
        "name:x:6:",
        "name:x:6:6",
        "name:x:6:6:",
        "name:x:6:6:gecos",
        "name:x:6:6:gecos:/home",
        "name:x:6:6:gecos:/home:/bin/sh:more:fields",
        "name::7:7::/:",
        ":x:8:8::/:/bin/sh",
        "letters:x:a:0::/:/bin/sh",
        "half:x:9a:0::/:/bin/sh",
        "blank:x: 9:\t9::/:/bin/sh",
        "blank:x:9 :9::/:/bin/sh",
        "plus:x:+10:10::/:/bin/sh",
        "minus:x:-1:-0::/:/bin/sh",
        "signs:x:--1:0::/:/bin/sh",
        "octal:x:010:0x10::/:/bin/sh",
        "octal:x:010:010::/:/bin/sh",
        "large:x:4294967295:4294967296::/:/bin/sh",
        "larger:x:18446744073709551616:99999999999999999999999999999::/:/bin/sh",
        "return:x:11:11::/:/bin/sh\r",
        "\xE9t\xE9:x:12:12::/home/\xE9:/bin/sh",
        "users:x:100:a,b,c",
        "users:x:100:",
        "users:x:100",
        "users:x:100:,a,, b ,\tc,,",
        "users:x:100:a:b,c",
        "users:x:100: ",
        "wheel:*:10:root,\xFF",
        $"long{new string('x', 100_000)}:x:13:13::/{new string('y', 100_000)}:/bin/sh",
        $"many:x:14:{string.Join(',', Enumerable.Range(0, 20_000).Select(number => $"user{number}"))}",
        "end:x:15:15::/:/bin/sh",
    ];

    [CompilerFact]
    public void Users_are_those_of_the_C_library() => AssertAll(
        UsersByTheCLibrary,
        text => AccountFile.Users(text).Select(user => $"{user.Name}|{user.Id}|{user.Group}|{user.Home}|{user.Shell}"));

    [CompilerFact]
    public void Groups_are_those_of_the_C_library() => AssertAll(
        GroupsByTheCLibrary,
        text => AccountFile.Groups(text).Select(group => string.Join('|', [group.Name, $"{group.Id}", .. group.Members])));

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("\0")]
    public void Nothing_has_nobody(string text)
    {
        Assert.Empty(AccountFile.Users(Encoding.Latin1.GetBytes(text)));
        Assert.Empty(AccountFile.Groups(Encoding.Latin1.GetBytes(text)));
    }

    [Fact]
    public void Nul_ends_its_line_alone()
    {
        var users = AccountFile.Users("a:x:1:1::/a\0b:/bin/sh\nc:x:2\0:2::/:\nd:x:3:3::/d:/bin/sh"u8.ToArray());
        Assert.Equal([("a", "/a", ""), ("d", "/d", "/bin/sh")], users.Select(user => (user.Name, user.Home, user.Shell)));
    }

    [Fact]
    public void Name_and_home_need_not_be_utf8()
    {
        var user = Assert.Single(AccountFile.Users(Encoding.Latin1.GetBytes("\xE9:x:1:1::/home/\xE9:")));
        Assert.Equal((KernelPath.Decode([0xE9]), KernelPath.Decode("/home/"u8) + KernelPath.Decode([0xE9])), (user.Name, user.Home));
    }

    private static void AssertAll(string program, Func<ReadOnlyMemory<byte>, IEnumerable<string>> parse)
    {
        using var scratch = new ScratchDirectory();
        var text = Encoding.Latin1.GetBytes(string.Join('\n', Lines));
        var (executable, file) = (scratch.PathOf("program"), scratch.PathOf("text"));
        File.WriteAllBytes(file, text);
        CProgram.Compile(program, executable);

        var theirs = ProcessRun.Of(executable, [file]);
        Assert.Equal((0, ""), (theirs.ExitCode, theirs.Error));
        var ours = string.Concat(parse(text).Select(line => line + "\n"));
        Assert.Equal(theirs.Output, Encoding.UTF8.GetString(KernelPath.Bytes(ours)));
        Assert.Contains("end|15|15", ours, StringComparison.Ordinal);
    }
}
