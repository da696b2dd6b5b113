using System.Text;
using Newtonsoft.Json.Linq;
using Qga.Host.Tests.Freeze;
using Qga.Host.Tests.Policy;
using Qga.Testing;

namespace Qga.Host.Tests.Portability;

/// <summary>The agent does the same where the kernel lacks what is younger than Linux 4.18, or what a filter keeps from it.</summary>
public sealed class OldKernelTests(FreezeLabFixture fixture, OldKernelFixture kernel) : FreezeLabTest(fixture), IClassFixture<OldKernelFixture>
{
    private const string Filter = "/agent/without";
    private const string AllWithheld = "EPERM:younger,statx,execveat,memfd_create,getrandom,membarrier,rseq";

    private const string Rules = """
        allow guest-exec path=/programs/printf,/programs/script
        allow guest-exec-status,guest-file-read,guest-file-close
        allow guest-file-open path=/open/**

        """;

    public static TheoryData<string> Calls =>
    [
        OldKernel.YoungerThan418,
        "statx", "execveat", "memfd_create", "getrandom", "membarrier", "rseq",
        "pidfd_send_signal", "pidfd_open", "clone3", "close_range", "faccessat2", "SO_PEERPIDFD",
        $"{OldKernel.YoungerThan418},statx,execveat,memfd_create,getrandom,membarrier,rseq",
        "EPERM:statx", "EPERM:clone3", "EPERM:faccessat2", AllWithheld,
    ];

    [FreezeLabTheory(NeedsCompiler = true)]
    [MemberData(nameof(Calls))]
    public void Agent_works_without(string calls)
    {
        Lab.Copy(kernel.Program, Filter);
        WriteHook("");
        var agent = StartBy([Filter, calls], "fsfreeze-timeout=600", $"-F{Hook}");
        using (var client = agent.Connect())
        {
            AssertServes(client);
            AssertFreezesAndThawsAll(client);
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        }

        // The next one finds guardian and keeper, and believes them.
        agent.Send(Signal.HandOver);
        Assert.Equal(0, agent.WaitForExit());
        using var next = agent.Restart();
        using var successor = next.Connect();
        AssertReturns("frozen", successor.Ask(Qmp.FreezeStatus));
        Assert.Equal(Freezable, Frozen);
        AssertReturns(Freezable.Count(), successor.Ask(Qmp.Thaw));
        AssertAtRest();
    }

    [FreezeLabFact(NeedsCompiler = true)]
    public void File_of_a_dead_filesystem_that_is_open_holds_up_no_hook_guardian_or_program()
    {
        Lab.Copy(kernel.Program, Filter);
        WriteHook("");
        var daemon = MountBindfs("/mnt/hung");
        Lab.Run("echo content > /shown/file");
        using var client = StartBy([Filter, OldKernel.YoungerThan418], "", $"-F{Hook}").Connect();
        var handle = (long)Qmp.Return(client.Ask(Qmp.Open("/mnt/hung/file", "r+")));
        Qmp.Return(client.Ask(Qmp.Write(handle, "dirty"u8)));
        daemon.Send(Signal.Stop);

        AssertFreezesAndThawsAll(client);
        Assert.Equal("freeze request\nthaw request\n", TextOf(HookLog));
        Assert.Equal("alive\n", GuestProgram.Output(GuestProgram.Shell(client, "echo alive")));
    }

    [FreezeLabTheory(NeedsCompiler = true)]
    [InlineData(OldKernel.YoungerThan418)]
    [InlineData("pidfd_send_signal")]
    [InlineData("EPERM:pidfd_send_signal")]
    public void Guardian_that_cannot_be_reached_is_ended_without(string calls)
    {
        Lab.Copy(kernel.Program, Filter);
        var agent = StartBy([Filter, calls], "fsfreeze-timeout=600");
        using (var client = agent.Connect())
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        agent.Send(Signal.Kill);
        agent.WaitForExit();
        Assert.Single(Guardians);
        Lab.Run("rm -f /run/qga/*");

        using var next = agent.Restart();
        using var successor = next.Connect();
        AssertReturns("frozen", successor.Ask(Qmp.FreezeStatus));
        AssertReturns(Freezable.Count(), successor.Ask(Qmp.Thaw));
        AssertAtRest();
    }

    [FreezeLabTheory(NeedsCompiler = true)]
    [InlineData(OldKernel.YoungerThan418)]
    [InlineData("statx")]
    [InlineData("execveat")]
    [InlineData("younger,statx,execveat")]
    [InlineData("EPERM:execveat")]
    [InlineData(AllWithheld)]
    public void Policy_decides_the_same_without(string calls)
    {
        Lab.Copy(kernel.Program, Filter);
        Lab.Run(
            "rm -rf /rules /open /shut && mkdir -m 755 /rules /open /shut && echo open > /open/file && echo secret > /shut/file"
            + " && ln -s /shut/file /open/link && ln /shut/file /open/hard");
        Lab.Install("printf", "/programs/printf");
        Lab.WriteProgram("/programs/script", "echo script of $#");
        Lab.Run($"cat > /rules/10.rules << 'END'\n{Rules}END\n");
        using var client = StartBy([Filter, calls], "policy-dir=/rules").Connect();

        Assert.Equal("a\n", Run(client, "/programs/printf", "%s\\n", "a"));
        Assert.Equal("script of 2\n", Run(client, "/programs/script", "a", "b"));
        foreach (var path in (string[])["/bin/cat", "/proc/self/root/bin/cat"])
            Assert.True(PolicyLab.IsRefused(client.Ask(GuestProgram.Request(path, ["/etc/passwd"]))));

        var handle = (long)Qmp.Return(client.Ask(Qmp.Open("/open/file")));
        Assert.Equal("open\n", Encoding.ASCII.GetString(Qmp.Data(client.Ask(Qmp.Read(handle, 100)))));
        foreach (var path in (string[])["/shut/file", "/open/link", "/open/hard", "/open/../shut/file", "/proc/self/root/shut/file"])
            Assert.True(PolicyLab.IsRefused(client.Ask(Qmp.Open(path))), path);
    }

    private static void AssertServes(QmpClient client)
    {
        Assert.Equal("\xFF{\"return\": 1}", client.Ask(Qmp.SyncDelimited(1)));
        Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
        foreach (var command in (string[])["guest-info", "guest-get-osinfo", "guest-get-fsinfo", "guest-get-disks", "guest-network-get-interfaces", "guest-get-users"])
            Qmp.Return(client.Ask(Qmp.Request(command)));

        // More than a pipe holds, on both ways.
        var input = new string('x', 200_000);
        var end = GuestProgram.Shell(
            client, "cat; echo $(ls /proc/self/fd | wc -l) >&2; exit 3", ("input-data", Convert.ToBase64String(Encoding.ASCII.GetBytes(input))), ("capture-output", "separated"));
        Assert.Equal((3, input), ((int)end["exitcode"]!, GuestProgram.Output(end)));
        Assert.Equal("4\n", Encoding.ASCII.GetString(Convert.FromBase64String((string)end["err-data"]!)));
        Assert.Equal("Failed to execute child process “/no/such” (No such file or directory)", Qmp.Error(client.Ask(GuestProgram.Request("/no/such", []))));

        var handle = (long)Qmp.Return(client.Ask(Qmp.Open("/run/file", "w+")));
        Assert.Equal(3, (int)Qmp.Return(client.Ask(Qmp.Write(handle, "abc"u8)))["count"]!);
        client.Ask(Qmp.Rewind(handle));
        Assert.Equal("abc", Encoding.ASCII.GetString(Qmp.Data(client.Ask(Qmp.Read(handle, 100)))));
        Assert.Equal(Qmp.Pong, client.Ask(Qmp.Close(handle)));
    }

    private static string Run(QmpClient client, string path, params string[] arguments)
    {
        var process = (int)Qmp.Return(client.Ask(GuestProgram.Request(path, arguments)))["pid"]!;
        JToken end = GuestProgram.EndOf(client, process);
        return GuestProgram.Output(end);
    }
}
