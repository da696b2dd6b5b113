using Qga.Host.Tests.Freeze;
using Qga.Testing;

namespace Qga.Host.Tests.Processes;

/// <summary>
/// What the kernel does when memory runs out is the agent's alone: its programs have the score of any other, from their first instruction
/// on. A lower score than any can't be set everywhere, a higher one can, and the rule is the same.
/// </summary>
public sealed class SparedAgentTests(FreezeLabFixture fixture) : FreezeLabTest(fixture)
{
    private const string Score = "/proc/self/oom_score_adj";

    private static readonly string[] Launcher = ["sh", "-c", $"echo 500 > {Score}; exec \"$@\"", "sh"];

    [Fact]
    public void Programs_of_the_host_are_as_any_other()
    {
        using var agent = PublishedAgent.StartBy(Launcher);
        using var client = agent.Connect();
        Assert.Equal("500\n", File.ReadAllText($"/proc/{agent.Pid}/oom_score_adj"));
        for (var count = 0; count < 50; count++)
        {
            var pid = (int)Qmp.Return(client.Ask(GuestProgram.Request("cat", [Score])))["pid"]!;
            Assert.Equal("0\n", GuestProgram.Output(GuestProgram.EndOf(client, pid)));
        }
    }

    [FreezeLabFact]
    public void Hook_is_as_any_other_and_so_is_what_it_starts_and_it_has_a_home()
    {
        WriteHook($"cat {Score} >> /run/scores; (cat {Score} >> /run/scores); echo $HOME >> /run/scores; grep -E 'Sig(Blk|Ign)' /proc/self/status >> /run/scores");
        File.WriteAllText(Lab.PathOf("/etc/qemu-ga.conf"), "");
        using var agent = FreezeLabAgent.StartBy(
            Lab, ["env", "-i", "PATH=/usr/bin:/bin", .. Launcher],
            ["-c", "/etc/qemu-ga.conf", "-t", FreezeSession.StateDirectory, "-l", Log, $"-F{Hook}"]);
        using var client = agent.Connect();
        AssertFreezesAndThawsAll(client);
        var once = "0\n0\n/root\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n";
        Assert.Equal(once + once, TextOf("/run/scores"));
        File.Delete(Lab.PathOf("/run/scores"));
    }

    [FreezeLabFact]
    public void Hook_that_is_no_program_is_an_error_that_says_why()
    {
        File.WriteAllText(Lab.PathOf("/run/nothing"), "");
        File.WriteAllText(Lab.PathOf("/etc/qemu-ga.conf"), "");
        using var agent = FreezeLabAgent.StartBy(
            Lab, Launcher, ["-c", "/etc/qemu-ga.conf", "-t", FreezeSession.StateDirectory, "-l", Log, "-F/run/nothing"]);
        using var client = agent.Connect();
        Assert.Contains("failed to exec '/run/nothing': Permission denied", Qmp.Error(client.Ask(Qmp.Freeze)));
    }
}
