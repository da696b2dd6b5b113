using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>A freeze whose hook, state and log are in a directory with a name that is not UTF-8.</summary>
public sealed class PathBytesFreezeTests(FreezeLabFixture fixture) : FreezeLabTest(fixture)
{
    /// <summary>Becomes an agent that has them there, the socket too, whose path is the agent's fourth option.</summary>
    private static readonly string[] There =
    [
        "/bin/sh", "-c",
        """
        n=/run/$(printf 'caf\351') && ln -sfn "${n##*/}" /run/link && ln -sfn "${n##*/}/socket" "$5"
        exec "$@" -p "$n/socket" -t "$n" -l "$n/log" -F"$n/hook"
        """,
        "sh",
    ];

    [FreezeLabFact]
    public void Hook_runs_and_the_guest_stays_marked_over_a_restart()
    {
        MakeDirectory();
        using var agent = FreezeLabAgent.StartBy(Lab, There);
        using (var client = agent.Connect())
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        Assert.True(IsMarked("/run/link"));
        agent.Send(Signal.Kill);
        agent.WaitForExit();

        using var next = agent.Restart();
        using (var client = next.Connect())
        {
            AssertReturns("frozen", client.Ask(Qmp.FreezeStatus));
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        }

        Assert.False(IsMarked("/run/link"));
        AssertHookRan();
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Guardian_finds_the_hook_and_the_marker()
    {
        MakeDirectory();
        var moment = Moment();
        using var agent = FreezeLabAgent.StartBy(Lab, There);
        using (var client = agent.Connect())
            AssertReturns(Freezable.Count(), client.Ask(Qmp.FreezeFor(moment)));
        agent.Send(Signal.Kill);

        Eventually.True(() => TextOf(HookLog).EndsWith("thaw deadline\n", StringComparison.Ordinal));

        Assert.False(IsMarked("/run/link"));
        AssertHookRan();
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Frozen_guest_is_thawed_by_hand()
    {
        MakeDirectory();
        using var agent = FreezeLabAgent.StartBy(Lab, There);
        using (var client = agent.Connect())
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        agent.Send(Signal.Kill);
        agent.WaitForExit();

        Lab.Run("""n=/run/$(printf 'caf\351') && /agent/qemu-ga thaw -t "$n" "-F$n/hook" """);

        Assert.False(IsMarked("/run/link"));
        AssertHookRan();
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Check_looks_at_what_the_agent_has()
    {
        MakeDirectory();
        using var agent = FreezeLabAgent.StartBy(Lab, There);

        var findings = Lab.Run("/agent/qemu-ga check || true");

        Assert.Contains("/run/caf\uFFFD/hook can run", findings, StringComparison.Ordinal);
        Assert.Contains("/run/caf\uFFFD takes part in no freeze", findings, StringComparison.Ordinal);
        Assert.DoesNotContain("is missing", findings, StringComparison.Ordinal);
    }

    private void MakeDirectory()
    {
        WriteHook("");
        Lab.Run($"""rm -rf /run/caf? && n=/run/$(printf 'caf\351') && mkdir "$n" && cp {Hook} "$n/hook" && echo 'echo "$0" > /run/hook.name' >> "$n/hook" """);
    }

    private void AssertHookRan()
    {
        Assert.Equal(["freeze request", "thaw"], TextOf(HookLog).TrimEnd().Split('\n').Select(line => line.StartsWith("thaw", StringComparison.Ordinal) ? "thaw" : line));
        Assert.Equal("2f72756e2f636166e92f686f6f6b0a", Lab.Run("od -An -tx1 -v /run/hook.name | tr -d ' \\n'"));
    }
}
