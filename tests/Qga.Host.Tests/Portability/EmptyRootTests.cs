using System.Text;
using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Host.Tests.Portability;

/// <summary>A root folder that holds the executable and the kernel's /proc, and nothing else: no library, no device, no /etc, no program.</summary>
public sealed class EmptyRootTests : IDisposable
{
    private const string Socket = "/run/agent";

    private readonly ScratchDirectory _scratch = new();
    private readonly RunningProcess? _agent;

    /// <summary>Of a name that no other agent has.</summary>
    private readonly string _stateDirectory;

    public EmptyRootTests()
    {
        _stateDirectory = $"/{Path.GetFileName(_scratch.Root)}";
        if (!Environment.IsPrivilegedProcess)
            return;
        _agent = new RunningProcess(
            "unshare",
            [
                "--mount", "--propagation", "private", "sh", "-ec",
                $"""
                 mount -t tmpfs -o mode=755 empty {_scratch.Root}
                 cd {_scratch.Root}
                 mkdir proc run .{_stateDirectory}
                 cp {PublishedAgent.Executable} qga
                 mount -t proc proc proc
                 exec chroot . /qga -m unix-listen -p {Socket} -t {_stateDirectory} -v
                 """,
            ]);
    }

    [ToolFact("unshare", "chroot", NeedsRoot = true)]
    public void Agent_needs_nothing_of_the_guest_but_proc()
    {
        using (var client = Connect())
        {
            Assert.Equal("\xFF{\"return\": 1}", client.Ask(Qmp.SyncDelimited(1)));
            Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));

            var system = (JObject)Qmp.Return(client.Ask(Qmp.Request("guest-get-osinfo")));
            Assert.Equal(["kernel-release", "kernel-version", "machine"], system.Properties().Select(property => property.Name).Order(StringComparer.Ordinal));
            Assert.Equal(Environment.MachineName, Qmp.Return(client.Ask(Qmp.Request("guest-get-host-name")))["host-name"]);
            Assert.Equal(0, Qmp.Return(client.Ask(Qmp.Request("guest-get-timezone")))["offset"]);
            Assert.Empty(Qmp.Return(client.Ask(Qmp.Request("guest-get-users"))));
            foreach (var command in (string[])["guest-info", "guest-get-time", "guest-get-fsinfo", "guest-get-load", "guest-get-cpustats", "guest-network-get-interfaces"])
                Qmp.Return(client.Ask(Qmp.Request(command)));

            var handle = (long)Qmp.Return(client.Ask(Qmp.Open("/run/file", "w+")));
            Assert.Equal(3, Qmp.Return(client.Ask(Qmp.Write(handle, "abc"u8)))["count"]);
            Assert.Equal(Qmp.Pong, client.Ask(Qmp.Close(handle)));
        }

        Assert.Equal(0, End());
    }

    [ToolFact("unshare", "chroot", NeedsRoot = true)]
    public void The_one_program_that_is_there_is_run_and_its_output_captured()
    {
        using var client = Connect();

        var end = GuestProgram.EndOf(client, (int)Qmp.Return(client.Ask(GuestProgram.Request("/qga", ["--version"])))["pid"]!);
        Assert.Equal(0, end["exitcode"]);
        Assert.StartsWith("QEMU Guest Agent ", GuestProgram.Output(end), StringComparison.Ordinal);

        end = GuestProgram.EndOf(client, (int)Qmp.Return(client.Ask(GuestProgram.Request("/qga", ["--version"], ("capture-output", false))))["pid"]!);
        Assert.True((bool)end["exited"]!);
        Assert.Equal("Failed to execute child process “sh” (No such file or directory)", Qmp.Error(client.Ask(GuestProgram.Request("sh", []))));
    }

    [ToolFact("unshare", "chroot", NeedsRoot = true)]
    public void User_that_nobody_can_know_is_answered_and_the_connection_stays()
    {
        using var client = Connect();
        foreach (var name in (string[])["root", "alice"])
        {
            Assert.StartsWith(
                $"failed to lookup user '{name}': there is no such user: /etc/passwd has none, and there is no getent to ask in /",
                Qmp.Error(client.Ask(Qmp.Request("guest-ssh-get-authorized-keys", ("username", name)))), StringComparison.Ordinal);
        }

        Assert.Contains("chpasswd", Qmp.Error(client.Ask(Qmp.Request(
            "guest-set-user-password", ("username", "alice"), ("password", Convert.ToBase64String(Encoding.ASCII.GetBytes("x"))), ("crypted", false)))), StringComparison.Ordinal);
        Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
    }

    public void Dispose()
    {
        _agent?.Dispose();
        KeeperProcess.EndAllOf(_stateDirectory);
        _scratch.Dispose();
    }

    private QmpClient Connect() => QmpClient.ConnectOnceListening($"/proc/{_agent!.Pid}/root{Socket}", _agent);

    private int End()
    {
        _agent!.Send(Signal.Terminate);
        return _agent.WaitForExit();
    }
}
