using System.Globalization;
using System.Text;
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

    /// <summary>As `docker exec` does, while the agent has no child that could keep the kernel's wait(2) waiting.</summary>
    [ToolFact("nsenter", NeedsRoot = true)]
    public void First_process_of_a_container_without_children_takes_what_somebody_else_leaves_behind()
    {
        using var agent = PublishedAgent.StartBy(["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"]);
        using var client = agent.Connect();
        Qmp.Return(client.Ask(Qmp.Ping));

        var first = int.Parse(ProcessRun.Of("pgrep", ["-P", $"{agent.Pid}"]).Output, CultureInfo.InvariantCulture);
        var run = ProcessRun.Of(
            "nsenter", [$"--target={first}", "--pid", "--mount", "sh", "-c", "sleep 0.1 > /dev/null 2>&1 & echo $!"]);
        var orphan = int.Parse(run.Output, CultureInfo.InvariantCulture);
        Eventually.True(() => !Directory.Exists($"/proc/{first}/root/proc/{orphan}"));
    }

    [ToolFact("chpasswd", NeedsRoot = true)]
    public void First_process_of_a_container_hears_how_its_own_programs_end()
    {
        using var scratch = new ScratchDirectory();
        var program = scratch.WriteProgram("chpasswd", "#!/bin/sh\n(sleep 0.02 &)\nread line\nexit ${line#*:}\n");
        using var agent = PublishedAgent.StartBy(
        [
            "unshare", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc",
            "sh", "-ec", $"mount --bind {program} $(command -v chpasswd) && exec \"$@\"", "sh",
        ]);
        using var client = agent.Connect();
        for (var status = 1; status < 50; status++)
        {
            var password = Convert.ToBase64String(Encoding.ASCII.GetBytes($"{status}"));
            Assert.Equal(
                $"child process has failed to set user password: exit status {status}",
                Qmp.Error(client.Ask(Qmp.Request("guest-set-user-password", ("username", "x"), ("password", password), ("crypted", false)))));
        }

        Eventually.True(() => GuestProgram.Output(GuestProgram.Shell(client, "grep -hE '^State:.Z' /proc/[0-9]*/status | wc -l")) == "0\n");
    }
}
