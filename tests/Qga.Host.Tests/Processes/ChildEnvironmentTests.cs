using Qga.Testing;

namespace Qga.Host.Tests.Processes;

/// <summary>What programs find in the environment of an agent that was started with next to none, as by a service manager.</summary>
public sealed class ChildEnvironmentTests
{
    private const string Show = "printf '%s|' \"$HOME\" \"$USER\" \"$LOGNAME\" \"$SHELL\" \"$LANG\"; echo \"$PATH\"";

    private static string[] Passwd => File.ReadLines("/etc/passwd").First(line => line.Split(':')[2] == "0").Split(':');

    [Fact]
    public void Program_has_what_a_login_would_set()
    {
        using var agent = Start("PATH=/usr/bin:/bin", "LANG=C.UTF-8");
        using var client = agent.Connect();
        Assert.Equal(
            $"{Passwd[5]}|{Passwd[0]}|{Passwd[0]}|{Passwd[6]}|C.UTF-8|/usr/bin:/bin\n", GuestProgram.Output(GuestProgram.Shell(client, Show)));
        Assert.Equal($"{Passwd[5]}/.x\n", GuestProgram.Output(GuestProgram.Shell(client, "echo ~/.x")));
    }

    [Fact]
    public void What_the_agent_has_stays_and_what_is_empty_is_missing()
    {
        using var agent = Start("HOME=/elsewhere", "USER=");
        using var client = agent.Connect();
        Assert.Equal(
            $"/elsewhere|{Passwd[0]}|{Passwd[0]}|{Passwd[6]}||/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n",
            GuestProgram.Output(GuestProgram.Shell(client, Show)));
    }

    [Fact]
    public void Environment_that_is_given_stays_exact()
    {
        using var agent = Start("PATH=/usr/bin:/bin");
        using var client = agent.Connect();
        var pid = (int)Qmp.Return(client.Ask(GuestProgram.Request("env", [], ("env", new Newtonsoft.Json.Linq.JArray("A=1")))))["pid"]!;
        Assert.Equal("A=1\n", GuestProgram.Output(GuestProgram.EndOf(client, pid)));
    }

    private static PublishedAgent Start(params string[] environment) => PublishedAgent.StartBy(["env", "-i", .. environment]);
}
