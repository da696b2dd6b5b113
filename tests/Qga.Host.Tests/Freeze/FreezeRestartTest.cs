using System.Diagnostics;
using Qga.Testing;
using Xunit.Abstractions;

namespace Qga.Host.Tests.Freeze;

/// <summary>The agent is killed at any moment of a freeze or thaw, and its successor gets the guest out of it.</summary>
[Trait("Speed", "Slow")]
public abstract class FreezeRestartTest : IDisposable
{
    private const int Rounds = 120;
    private const string HookLog = "/run/hook.log";

    private readonly FreezeLab _lab = FreezeLab.Furnished();
    private readonly Random _random;
    private readonly int _seed;
    private readonly ITestOutputHelper _output;

    protected FreezeRestartTest(ITestOutputHelper output)
    {
        _output = output;
        _seed = int.TryParse(Environment.GetEnvironmentVariable("QGA_FREEZE_SEED"), out var seed) ? seed : 1;
        _random = new Random(_seed);
        _output.WriteLine($"QGA_FREEZE_SEED={_seed}");
    }

    public void Dispose()
    {
        _lab.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <param name="directories">What the lab has to have for that.</param>
    /// <param name="stateDirectory">The agent's.</param>
    /// <param name="launcher">What starts it.</param>
    /// <param name="log">Its log.</param>
    private protected void Play(string directories, string stateDirectory, string[] launcher, string log)
    {
        _lab.Run($"mkdir {directories}");
        _lab.WriteProgram("/run/hook", $"echo $1 >> {HookLog}\nusleep 5000");
        var agent = FreezeLabAgent.StartBy(_lab, launcher, ["-t", stateDirectory, "-F/run/hook", "-l", log]);
        try
        {
            var (freezing, thawing) = Measure(agent);
            for (var round = 0; round < Rounds; round++)
            {
                try
                {
                    Kill(agent, freezing, thawing);
                    var successor = agent.Restart();
                    agent.Dispose();
                    agent = successor;
                    Check(agent, $"{stateDirectory}/qga.state.isfrozen");
                }
                catch (Exception failure)
                {
                    throw new InvalidOperationException($"in round {round} of QGA_FREEZE_SEED={_seed}, agent: {agent.Output}", failure);
                }
            }
        }
        finally
        {
            _lab.Reset();
            agent.Dispose();
        }
    }

    /// <summary>How long a freeze and a thaw take here.</summary>
    private (TimeSpan Freezing, TimeSpan Thawing) Measure(FreezeLabAgent agent)
    {
        using var client = agent.Connect();
        var freezing = Stopwatch.StartNew();
        Assert.Equal(_lab.Volumes.Count(volume => volume.CanBeFrozen), Qmp.Return(client.Ask(Qmp.Freeze)));
        freezing.Stop();
        var thawing = Stopwatch.StartNew();
        client.Ask(Qmp.Thaw);
        _output.WriteLine($"freeze {freezing.Elapsed.TotalMilliseconds:F0} ms, thaw {thawing.Elapsed.TotalMilliseconds:F0} ms");
        return (freezing.Elapsed, thawing.Elapsed);
    }

    private void Kill(FreezeLabAgent agent, TimeSpan freezing, TimeSpan thawing)
    {
        using var client = agent.Connect();
        var isThaw = _random.Next(3) == 0;
        if (isThaw)
            client.Ask(Qmp.Freeze);
        client.Send(isThaw ? Qmp.Thaw : Qmp.Freeze);
        var moment = (isThaw ? thawing : freezing) * (1.2 * _random.NextDouble());
        var sent = Stopwatch.StartNew();
        SpinWait.SpinUntil(() => sent.Elapsed >= moment);
        agent.Send(Signal.Kill);
        agent.WaitForExit();

        // A hook that it had just started outlives it, and could have its say after that of its successor.
        Eventually.True(
            () => _lab.Processes.All(process => process.Command.StartsWith("qga-freeze-guardian", StringComparison.Ordinal)),
            "only a guardian is left");
    }

    private void Check(FreezeLabAgent agent, string marker)
    {
        var frozen = _lab.Volumes.Where(volume => volume.IsFrozen).ToList();
        using var client = agent.Connect();
        Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
        var isFrozen = client.Ask(Qmp.FreezeStatus) == """{"return": "frozen"}""";

        // Before the marker is made the guardian is armed; one that is takes the guest for frozen as well.
        if (File.Exists(_lab.PathOf(marker)))
            Assert.True(isFrozen, "there is a marker");
        if (frozen.Count > 0)
            Assert.True(isFrozen, $"{frozen.Count} filesystems are frozen");
        if (isFrozen)
            Assert.Contains("CommandNotFound", client.Ask(Qmp.Open("/mnt/ext4/unsafe", "w")), StringComparison.Ordinal);

        Assert.Equal(frozen.Count, Qmp.Return(client.Ask(Qmp.Thaw)));
        Assert.Equal("""{"return": "thawed"}""", client.Ask(Qmp.FreezeStatus));
        Assert.DoesNotContain(_lab.Volumes, volume => volume.IsFrozen);
        Assert.False(File.Exists(_lab.PathOf(marker)));
        Assert.EndsWith("thaw\n", File.ReadAllText(_lab.PathOf(HookLog)), StringComparison.Ordinal);
        Eventually.True(() => _lab.Processes.All(process => process.Pid == agent.Pid), "nothing but the agent runs");
        _lab.WriteEverywhere();
    }
}

/// <summary>All that the agent writes to is frozen with the rest.</summary>
public sealed class FreezeRestartOnDiskTests(ITestOutputHelper output) : FreezeRestartTest(output)
{
    [FreezeLabFact]
    public void Agent_with_its_files_on_frozen_filesystems_can_die_at_any_moment() =>
        Play("/mnt/ext4/state /mnt/btrfs/tmp", "/mnt/ext4/state", ["/bin/env", "TMPDIR=/mnt/btrfs/tmp"], "/mnt/xfs/log");
}

/// <summary>As a guest has it whose state directory is below /run.</summary>
public sealed class FreezeRestartInMemoryTests(ITestOutputHelper output) : FreezeRestartTest(output)
{
    [FreezeLabFact]
    public void Agent_with_its_state_in_memory_can_die_at_any_moment() => Play("/run/state", "/run/state", [], "/run/log");
}
