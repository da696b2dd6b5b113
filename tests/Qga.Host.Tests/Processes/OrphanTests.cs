using Qga.Testing;

namespace Qga.Host.Tests.Processes;

/// <summary>An agent that is the first process of its namespace, as in a container, has the duties of init.</summary>
public sealed class OrphanTests
{
    [ToolFact("unshare", NeedsRoot = true)]
    public void First_process_of_a_container_takes_what_others_leave_behind_and_loses_no_end_of_its_own()
    {
        using var agent = PublishedAgent.StartBy(["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"]);
        using var client = agent.Connect();
        for (var count = 0; count < 50; count++)
            Assert.Equal(count, GuestProgram.Shell(client, $"(sleep 0.02 &) ; exit {count}")["exitcode"]);

        Eventually.True(() => GuestProgram.Output(GuestProgram.Shell(client, "grep -hE '^State:.Z' /proc/[0-9]*/status | wc -l")) == "0\n");
        Assert.Equal("1\n", GuestProgram.Output(GuestProgram.Shell(client, "ps -o ppid= -p $PPID | tr -d ' '")));
    }
}
