using Qga.Platform.Proc;
using Qga.Platform.Processes;

namespace Qga.Platform.Tests.Processes;

public sealed class LoginEnvironmentTests
{
    private static readonly UserEntry Someone = new("someone", 1000, 1000, "/home/someone", "/bin/zsh");

    [Fact]
    public void What_is_missing_is_as_after_a_login() => Assert.Equal(
        [
            ("PATH", LoginEnvironment.UsualSearchPath), ("HOME", "/home/someone"), ("USER", "someone"), ("LOGNAME", "someone"), ("SHELL", "/bin/zsh"),
        ],
        LoginEnvironment.Missing(static _ => null, static () => Someone));

    [Fact]
    public void What_is_set_stays() => Assert.Equal(
        [("USER", "someone"), ("SHELL", "/bin/zsh")],
        LoginEnvironment.Missing(static name => name is "USER" or "SHELL" ? null : "x", static () => Someone));

    [Fact]
    public void What_is_empty_is_missing() => Assert.Equal(
        [("HOME", "/home/someone")], LoginEnvironment.Missing(static name => name == "HOME" ? "" : "x", static () => Someone));

    [Fact]
    public void Nobody_is_asked_for_what_is_not_missing() => Assert.Equal(
        [("PATH", LoginEnvironment.UsualSearchPath)],
        LoginEnvironment.Missing(static name => name == "PATH" ? null : "x", static () => throw new InvalidOperationException()));

    [Fact]
    public void Account_without_home_and_shell_has_those_of_the_system() => Assert.Equal(
        [("HOME", "/"), ("SHELL", "/bin/sh")],
        LoginEnvironment.Missing(static name => name is "HOME" or "SHELL" ? null : "x", static () => new UserEntry("x", 1000, 1000, "", "")));

    [Fact]
    public void User_whom_nobody_knows_has_no_home() => Assert.Equal(
        [], LoginEnvironment.Missing(static name => name == "PATH" ? "x" : null, static () => null));
}
