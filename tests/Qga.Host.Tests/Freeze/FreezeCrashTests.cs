using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>A bug in the thread that carries requests through ends the agent, not the freeze.</summary>
public sealed class FreezeCrashTests(FreezeLabFixture fixture) : FreezeLabTest(fixture)
{
    [FreezeLabFact]
    public void Thread_that_dies_of_a_bug_ends_the_agent_and_the_next_one_thaws()
    {
        using var scratch = new ScratchDirectory();
        var agent = Start("");
        using var client = agent.Connect();
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));

        // Its next wait for events fails as it never does; it may wait anew because it is being looked at.
        using (var strace = new RunningProcess(
            "strace", ["-f", "-p", $"{agent.Pid}", "-o", scratch.PathOf("trace"), "-e", "inject=epoll_wait,epoll_pwait:error=EBADF:when=1"]))
        {
            strace.AwaitOutput("attached");
            Record.Exception(() => client.Send(Qmp.Ping));
            Assert.NotEqual(0, agent.WaitForExit());
            strace.WaitForExit();
        }

        Assert.Contains("epoll_wait: Bad file descriptor", agent.Output, StringComparison.Ordinal);
        Assert.Equal(Freezable, Frozen);
        var next = Start("");
        using var again = next.Connect();
        AssertReturns("frozen", again.Ask(Qmp.FreezeStatus));
        AssertReturns(Freezable.Count(), again.Ask(Qmp.Thaw));
        AssertAtRest();
    }
}
