using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;
using Qga.Ctl.Verbs;
using Qga.Testing;

namespace Qga.Ctl.Tests.Groups;

/// <summary>Two guests whose filesystems are really frozen: one with qga, and one with qemu-ga where that is there, else with qga, too.</summary>
public sealed class GroupLabTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly FreezeLab _one = Lab();
    private readonly FreezeLab _two = Lab();
    private readonly string _hold;

    public GroupLabTests() => _hold = _scratch.PathOf("hold");

    private FreezeLabVolume[] Volumes => [.. _one.Volumes, .. _two.Volumes];

    private string[] Frozen => [.. Volumes.Where(volume => volume.IsFrozen).Select(volume => volume.MountPoint)];

    public void Dispose()
    {
        File.Delete(_hold);
        _one.Dispose();
        _two.Dispose();
        _scratch.Dispose();
    }

    [FreezeLabFact]
    public void Guests_are_frozen_for_the_snapshot()
    {
        using var two = FreezeLabAgent.Start(_two, "-t", "/run");
        AssertFrozenForTheSnapshot(two, deadlines: 2);
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void Guests_of_both_kinds_are_frozen_for_the_snapshot()
    {
        using var two = FreezeLabAgent.StartPeer(_two, "-t", "/run");
        AssertFrozenForTheSnapshot(two, deadlines: 1);
    }

    [FreezeLabFact]
    public void Record_of_a_guest_that_keeps_one_is_a_part_of_the_proof()
    {
        _one.Run("printf '[qga]\nextensions=true\n' > /run/agent.conf");
        using var one = FreezeLabAgent.Start(_one, "-t", "/run", "-c", "/run/agent.conf");
        using var two = StartOther(_two);
        var run = GroupRun.Of("--json", Address(one), Address(two), "--", "true");
        Assert.Equal(0, run.ExitCode);
        var guests = GroupRun.Json(run)["guests"]!;
        Assert.Equal("consistent", (string?)guests[0]!.SelectToken("evidence.verdict"));
        Assert.Equal(["/mnt/a", "/mnt/b"], guests[0]!.SelectToken("evidence.filesystems")!.Select(filesystem => (string?)filesystem["mountpoint"]).Order());
        Assert.Equal(JTokenType.Null, guests[1]!["evidence"]!.Type);
    }

    /// <remarks>As many are thawed as were frozen: the count alone would show nothing.</remarks>
    [FreezeLabFact]
    public void Guest_that_is_thawed_and_frozen_again_makes_the_group_void()
    {
        _one.Run("printf '[qga]\nextensions=true\n' > /run/agent.conf");
        using var one = FreezeLabAgent.Start(_one, "-t", "/run", "-c", "/run/agent.conf");
        using var two = StartOther(_two);
        using var run = StartHeld(one, two);
        using (var client = one.Connect())
        {
            client.Ask(Qmp.Thaw);
            client.Ask(Qmp.Freeze);
        }

        File.Delete(_hold);
        Assert.Equal(FreezeVerb.Void, run.WaitForExit());
        Assert.Contains("its last record is that of another freeze", run.Output, StringComparison.Ordinal);
        Assert.Empty(Frozen);
    }

    [FreezeLabFact]
    public void Guest_that_is_frozen_already_is_left_as_it_is()
    {
        using var one = FreezeLabAgent.Start(_one, "-t", "/run");
        using var two = StartOther(_two);
        using (var client = two.Connect())
            client.Ask(Qmp.Freeze);
        Assert.Equal(3, GroupRun.Of(Address(one), Address(two), "--", "true").ExitCode);
        Assert.Equal(["/mnt/a", "/mnt/b"], Frozen);
        using (var client = two.Connect())
            client.Ask(Qmp.Thaw);
    }

    [FreezeLabFact]
    public void Guest_with_two_addresses_is_thawed()
    {
        using var one = FreezeLabAgent.Start(_one, "-t", "/run");
        var other = $"exec:socat - UNIX-CONNECT:{one.SocketPath}";
        var run = GroupRun.Of(Address(one), other, "--", "true");
        Assert.Equal(FreezeVerb.NotFrozen, run.ExitCode);
        Assert.Contains("somebody else has frozen it, or it has two addresses in this group", run.Output, StringComparison.Ordinal);
        Assert.Empty(Frozen);
    }

    [FreezeLabFact]
    public void Hook_that_fails_in_one_guest_has_all_thawed()
    {
        _two.WriteProgram("/hook", "echo the database is busy; exit 3");
        using var one = FreezeLabAgent.Start(_one, "-t", "/run");
        using var two = FreezeLabAgent.Start(_two, "-t", "/run", "-F/hook");
        var run = GroupRun.Of(Address(one), Address(two), "--", "touch", _scratch.PathOf("taken"));
        Assert.Equal(FreezeVerb.NotFrozen, run.ExitCode);
        Assert.Contains("the database is busy", run.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(_scratch.PathOf("taken")));
        Assert.Empty(Frozen);
    }

    [FreezeLabFact]
    public void Guest_that_is_thawed_by_hand_makes_the_group_void()
    {
        using var one = FreezeLabAgent.Start(_one, "-t", "/run");
        using var two = StartOther(_two);
        using var run = StartHeld(one, two);
        Assert.True(_two.Volumes[0].Thaw());
        File.Delete(_hold);
        Assert.Equal(FreezeVerb.Void, run.WaitForExit());
        Assert.Contains("of 2 filesystems 1 were thawed by somebody else before", run.Output, StringComparison.Ordinal);
        Assert.Empty(Frozen);
    }

    [FreezeLabFact]
    public void Agent_that_is_killed_while_frozen_and_starts_anew_proves_the_same()
    {
        using var one = FreezeLabAgent.Start(_one, "-t", "/run");
        using var two = FreezeLabAgent.Start(_two, "-t", "/run");
        using var run = StartHeld(one, two);
        two.Send(Signal.Kill);
        two.WaitForExit();
        using var again = two.Restart();
        File.Delete(_hold);
        Assert.Equal(0, run.WaitForExit());
        Assert.Empty(Frozen);
    }

    [FreezeLabFact]
    public void Tool_that_is_killed_leaves_no_guest_frozen()
    {
        using var one = FreezeLabAgent.Start(_one, "-t", "/run");
        using var two = StartOther(_two);
        using var run = StartHeld(one, two);
        run.Send(Signal.Kill);
        Eventually.True(() => Frozen.Length == 0);
        File.Delete(_hold);
        run.WaitForExit();
    }

    [FreezeLabFact]
    [Trait("Speed", "Slow")]
    public void Tool_that_is_stopped_leaves_no_guest_frozen()
    {
        using var one = FreezeLabAgent.Start(_one, "-t", "/run");
        using var two = StartOther(_two);
        using var run = StartHeld(one, two, "--freeze-limit", "5", "--limit", "5");
        run.Send(Signal.Stop);
        Eventually.True(() => Frozen.Length == 0);
        File.Delete(_hold);
        Assert.Equal(128 + (int)Signal.Kill, run.WaitForExit());
    }

    [FreezeLabFact]
    [Trait("Speed", "Slow")]
    public void Guest_of_ours_thaws_itself_when_nobody_is_left()
    {
        using var one = FreezeLabAgent.Start(_one, "-t", "/run");
        using var two = FreezeLabAgent.Start(_two, "-t", "/run");
        using var run = StartHeld(one, two, "--freeze-limit", "5", "--limit", "5");
        var watcher = run.Watcher;

        // Stopped, it can't act on the end of the watcher.
        run.Send(Signal.Stop);
        Signal.Kill.Send(watcher);
        run.Send(Signal.Kill);
        File.Delete(_hold);
        Eventually.True(() => Frozen.Length == 0);
    }

    private void AssertFrozenForTheSnapshot(FreezeLabAgent two, int deadlines)
    {
        using var one = FreezeLabAgent.Start(_one, "-t", "/run");
        using var run = StartHeld(one, two);
        Assert.Equal(["/mnt/a", "/mnt/b", "/mnt/a", "/mnt/b"], Frozen);
        File.Delete(_hold);
        Assert.Equal(0, run.WaitForExit());
        Assert.Contains("consistent: the snapshot was taken while all 2 guests were frozen", run.Output, StringComparison.Ordinal);
        Assert.Equal(deadlines, Regex.Count(run.Output, "thaws itself after 72 s", RegexOptions.None, TimeSpan.FromSeconds(1)));
        Assert.Empty(Frozen);
    }

    private static FreezeLab Lab()
    {
        var lab = new FreezeLab();
        foreach (var place in new[] { "/mnt/a", "/mnt/b" })
            lab.Mount("ext4", place);
        return lab;
    }

    private static FreezeLabAgent StartOther(FreezeLab lab) =>
        FreezeLabAgent.PeerUnavailableReason is null ? FreezeLabAgent.StartPeer(lab, "-t", "/run") : FreezeLabAgent.Start(lab, "-t", "/run");

    private static string Address(FreezeLabAgent agent) => $"unix:{agent.SocketPath}";

    /// <summary>Starts it, and returns once the snapshot is being taken, which ends when <see cref="_hold"/> goes.</summary>
    private GroupRun StartHeld(FreezeLabAgent one, FreezeLabAgent two, params string[] options)
    {
        var run = new GroupRun(["--limit", "37", .. options, Address(one), Address(two), "--", .. GroupRun.Held(_hold)]);
        run.AwaitOutput(GroupRun.Began);
        return run;
    }
}
