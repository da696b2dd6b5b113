using Qga.Host.Tests.Freeze;
using Qga.Testing;

namespace Qga.Host.Tests.Limits;

/// <summary>The agent has as many descriptors as its hard limit allows; programs and hooks have the limits that the agent was started with.</summary>
public sealed class DescriptorLimitTests(FreezeLabFixture fixture) : FreezeLabTest(fixture)
{
    private const string ShowLimits = "echo $(ulimit -Sn) $(ulimit -Hn)";

    [Fact]
    public void More_files_are_open_than_the_soft_limit_allows_and_programs_see_that_limit()
    {
        using var agent = PublishedAgent.StartBy(["sh", "-c", "ulimit -Sn 60 && ulimit -Hn 4000 && exec \"$@\"", "sh"]);
        using var client = agent.Connect();
        for (var file = 0; file < 100; file++)
            Qmp.Return(client.Ask(Qmp.Open(agent.PathOf($"{file}"), "w")));

        Assert.Equal("60 4000\n", client.RunShell(ShowLimits));

        // It has its own again.
        Qmp.Return(client.Ask(Qmp.Open(agent.PathOf("another"), "w")));
    }

    [HangingFileSystemFact]
    public void Start_that_hangs_does_not_keep_descriptors_from_its_keeper_for_long()
    {
        using var agent = PublishedAgent.StartBy(["sh", "-c", "ulimit -Sn 60 && ulimit -Hn 4000 && exec \"$@\"", "sh"]);
        using var client = agent.Connect();
        GuestProgram.Shell(client, "true");
        var keeper = Assert.Single(KeeperProcess.Of(agent.ScratchDirectory));
        using var dead = new HangingFileSystem();
        var program = dead.Write("program", "#!/bin/sh\n");
        dead.Hang();
        try
        {
            client.Send(GuestProgram.Request(program, []) + "\n");
            Eventually.True(() => ProcessRun.Of("pgrep", ["-P", $"{keeper}"]).ExitCode == 0);
            Eventually.True(() => File.ReadLines($"/proc/{keeper}/limits").Any(line =>
                line.StartsWith("Max open files", StringComparison.Ordinal) && line.Contains(" 4000 ", StringComparison.Ordinal)
                && !line.Contains(" 60 ", StringComparison.Ordinal)));
        }
        finally
        {
            dead.Recover();
        }
    }

    [FreezeLabFact]
    public void Hooks_of_agent_and_guardian_see_the_limits_that_the_agent_was_started_with()
    {
        WriteHook($"{ShowLimits} >> {HookLog}");
        var agent = StartBy(["sh", "-c", "ulimit -Sn 100 && ulimit -Hn 4000 && exec \"$@\"", "sh"], $"fsfreeze-timeout={Moment()}", $"-F{Hook}");
        using (var client = agent.Connect())
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        agent.Send(Signal.Kill);
        agent.WaitForExit();

        Eventually.True(() => !Guardians.Any());
        Assert.Equal("freeze request\n100 4000\nthaw deadline\n100 4000\n", TextOf(HookLog));
        AssertAtRest();
    }

    /// <summary>The agent has a descriptor for each, and so has the guardian, but no table has two.</summary>
    [FreezeLabFact]
    [Trait("Speed", "Slow")]
    public void Filesystems_take_one_descriptor_each_in_agent_and_guardian()
    {
        const int Many = 42;
        for (var volume = Freezable.Count(); volume < Many; volume++)
            Lab.Mount("ext4", $"/mnt/many/{volume}");
        var agent = StartBy(["sh", "-c", "ulimit -n 80 && exec \"$@\"", "sh"], "");
        using var client = agent.Connect();

        AssertReturns(Many, client.Ask(Qmp.Freeze));
        Assert.Equal(Many, Frozen.Count());
        AssertReturns(Many, client.Ask(Qmp.Thaw));
        AssertAtRest();
    }
}
