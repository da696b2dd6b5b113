using Newtonsoft.Json.Linq;
using Qga.Host.Tests.Wire;
using Qga.Testing;

namespace Qga.Host.Tests.Portability;

/// <summary>
/// The executable for arm64, under user emulation on this machine: it has the layouts, numbers and flags of its own kernel. What user emulation
/// has not, as guardians, is seen in a guest (make guest-test-arm64).
/// </summary>
public sealed class Arm64Tests
{
    [Arm64Fact]
    public void Streams_are_answered_as_recorded()
    {
        using var agent = new Arm64Agent();
        TranscriptTests.AssertStream(agent, "wire");
        TranscriptTests.AssertStream(agent, "framing");
    }

    [Arm64Fact]
    public void File_commands_are_answered_as_recorded()
    {
        using var agent = new Arm64Agent();
        TranscriptTests.AssertFileCommands(agent);
    }

    [Arm64Fact]
    public void Guest_is_told_as_by_the_other_executable()
    {
        using var theirs = new PublishedAgent();
        using var ours = new Arm64Agent();
        using var other = theirs.Connect();
        using var client = ours.Connect();
        foreach (var command in (string[])[
            "guest-get-host-name", "guest-get-timezone", "guest-get-users", "guest-get-disks", "guest-get-vcpus", "guest-get-memory-block-info", "guest-network-get-route"])
        {
            Assert.Equal(other.Ask(Qmp.Request(command)), client.Ask(Qmp.Request(command)));
        }

        Assert.Equal(WithoutNumbers(other, "guest-get-fsinfo", "used-bytes"), WithoutNumbers(client, "guest-get-fsinfo", "used-bytes"));
        Assert.Equal(
            WithoutNumbers(other, "guest-network-get-interfaces", "statistics"), WithoutNumbers(client, "guest-network-get-interfaces", "statistics"));
        Assert.Equal("aarch64", Qmp.Return(client.Ask(Qmp.Request("guest-get-osinfo")))["machine"]);
        foreach (var command in (string[])["guest-info", "guest-get-time", "guest-get-load", "guest-get-cpustats", "guest-get-diskstats"])
            Qmp.Return(client.Ask(Qmp.Request(command)));
    }

    [Arm64Fact]
    public void Links_are_not_followed_and_directories_are_told()
    {
        using var agent = new Arm64Agent();
        using var client = agent.Connect();
        File.WriteAllText(agent.PathOf("victim"), "x");

        // Where the state is no link is followed, and a directory opens for reading, as the flags of the architecture have it.
        Assert.Contains("Is a directory", Qmp.Error(client.Ask(Qmp.Open(agent.ScratchDirectory, "w"))), StringComparison.Ordinal);
        var handle = (long)Qmp.Return(client.Ask(Qmp.Open(agent.PathOf("victim"), "a+")));
        Assert.Equal(1, Qmp.Return(client.Ask(Qmp.Write(handle, "y"u8)))["count"]);
        Assert.Equal("xy", File.ReadAllText(agent.PathOf("victim")));
    }

    [Arm64Fact(StartsItself = true)]
    public void Programs_are_run()
    {
        using var agent = new Arm64Agent();
        using var client = agent.Connect();

        var end = GuestProgram.Shell(client, "echo $0 out; exit 3");
        Assert.Equal((3, "/bin/sh out\n"), ((int)end["exitcode"]!, GuestProgram.Output(end)));
    }

    [Arm64Fact]
    public void Signal_ends_it()
    {
        using var agent = new Arm64Agent();
        using (var client = agent.Connect())
            Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
        Assert.Equal(0, agent.End(Signal.Terminate));
    }

    private static string WithoutNumbers(QmpClient client, string command, string name)
    {
        var answer = Qmp.Return(client.Ask(Qmp.Request(command)));
        foreach (var property in answer.SelectTokens($"$..{name}").Select(token => token.Parent).OfType<JProperty>().ToList())
            property.Remove();
        return answer.ToString();
    }
}
