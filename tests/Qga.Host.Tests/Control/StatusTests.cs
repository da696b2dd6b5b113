using System.Net.Sockets;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Qga.Host.CommandLine;
using Qga.Host.Tests.Schema;
using Qga.Testing;

namespace Qga.Host.Tests.Control;

/// <summary>The published agent as root on the guest sees it. Agents of other tests may run beside it.</summary>
public sealed class StatusTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Status_tells_what_the_agent_is_doing()
    {
        var configuration = _scratch.Write(
            "qemu-ga.conf", "[general]\nblock-rpcs=guest-set-time\nfsfreeze-hook=/etc/hook\n[qga]\nmax-stuck-workers=7\n");
        File.SetUnixFileMode(configuration, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var agent = PublishedAgent.StartAlone("-c", configuration, "-b", "guest-exec");
        using var client = agent.Connect();
        client.Ask(Qmp.Ping);
        client.Ask(Qmp.Open("/secret/path"));
        client.Ask(Qmp.Request("guest-exec", ("path", "/secret/program")));

        var status = StatusOf(agent);

        Assert.Equal((Usage.Version, agent.Pid), ((string?)status["version"], (int)status["pid"]!));
        Assert.Equal(configuration, (string?)status["configuration"]);
        Assert.Equal(("unix-listen", agent.SocketPath), ((string?)status["channel"]!["method"], (string?)status["channel"]!["path"]));
        var connection = Assert.Single(status["channel"]!["connections"]!);
        Assert.StartsWith($"process {Environment.ProcessId} (", (string?)connection["peer"], StringComparison.Ordinal);
        Assert.EndsWith("of user 0", (string?)connection["peer"], StringComparison.Ordinal);
        Assert.Equal("thawed", (string?)status["freeze"]!["state"]);
        Assert.Equal(("/etc/hook", 60), ((string?)status["hook"]!["path"], (int)status["hook"]!["timeout"]!));
        Assert.Equal(
            [("guest-set-time", $"in block-rpcs of [general] in {configuration}"), ("guest-exec", "in option --block-rpcs")],
            status["disabled-commands"]!.Select(command => ((string?)command["name"], (string?)command["by"])));
        Assert.Equal((0, 7), ((int)status["stuck-workers"]!["count"]!, (int)status["stuck-workers"]!["most"]!));
        Assert.Equal(
            [("guest-ping", "ok"), ("guest-file-open", "error"), ("guest-exec", "refused")],
            status["requests"]!.Select(request => ((string?)request["command"], (string?)request["result"])));
        Assert.DoesNotContain("secret", status.ToString(Formatting.None), StringComparison.Ordinal);
        Assert.All(status["requests"]!, request => Assert.InRange((double)request["seconds"]!, 0, 60));
    }

    [Fact]
    public void Person_reads_the_same_in_lines()
    {
        using var agent = PublishedAgent.StartAlone("-b", "guest-exec");
        using var client = agent.Connect();
        client.Ask(Qmp.Ping);
        client.Ask("""{"execute":"\u001b[31mred\u202e\u2028"}""");

        var report = RunBeside(agent, "status").Output;

        var ours = report[report.IndexOf($"process {agent.Pid},", StringComparison.Ordinal)..];
        Assert.Contains($"channel       unix-listen {agent.SocketPath}\n", ours, StringComparison.Ordinal);
        Assert.Contains("disabled      guest-exec, in option --block-rpcs\n", ours, StringComparison.Ordinal);
        Assert.Contains("filesystems   thawed\n", ours, StringComparison.Ordinal);
        Assert.Matches(@"ok +[0-9.]+ ms  guest-ping\n", ours);
        Assert.Contains("?[31mred??", ours, StringComparison.Ordinal);
    }

    [HangingFileSystemFact]
    public void Command_that_hangs_is_seen_running()
    {
        using var hanging = new HangingFileSystem();
        using var agent = PublishedAgent.StartAlone();
        using var client = agent.Connect();
        hanging.Hang();
        client.Send(Qmp.Open(hanging.PathOf("file")));

        Eventually.True(() => StatusOf(agent)["requests"]!.Any(request =>
            (string?)request["command"] == "guest-file-open" && (string?)request["result"] == "running" && (double)request["seconds"]! > 0.1));
    }

    [Trait("Speed", "Slow")]
    [Fact]
    public void Agent_that_does_not_answer_is_named()
    {
        using var agent = PublishedAgent.StartAlone();
        agent.ConnectAsRoot().Dispose();
        Signal.Stop.Send(agent.Pid);
        try
        {
            var run = RunBeside(agent, "status");
            Assert.Equal(2, run.ExitCode);
            Assert.Contains($"agent {agent.Pid} does not answer: ", run.Error, StringComparison.Ordinal);
        }
        finally
        {
            Signal.Continue.Send(agent.Pid);
        }
    }

    [Fact]
    public void Socket_of_an_agent_that_has_ended_is_no_agent_even_if_its_number_is_given_anew()
    {
        using var other = new RunningProcess("sleep", ["1000"]);
        var socket = $"/run/qga/{other.Pid}.sock";
        Directory.CreateDirectory("/run/qga");
        using var left = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        left.Bind(new UnixDomainSocketEndPoint(socket));
        try
        {
            Assert.DoesNotContain($"agent {other.Pid}", Run("status").Error, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(socket);
        }
    }

    [Fact]
    public void Control_socket_is_for_root_alone_and_goes_with_the_agent()
    {
        using var agent = new PublishedAgent();
        var socket = agent.ControlSocket;
        agent.ConnectAsRoot().Dispose();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(socket));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode("/run/qga"));
        agent.End(Signal.Terminate);
        Assert.False(File.Exists(socket));
    }

    [Fact]
    public void Socket_that_a_killed_agent_has_left_is_removed_by_the_next()
    {
        string left;
        using (var killed = new PublishedAgent())
        {
            left = killed.ControlSocket;
            killed.ConnectAsRoot().Dispose();
            killed.End(Signal.Kill);
        }

        using var next = new PublishedAgent();
        next.ConnectAsRoot().Dispose();
        Eventually.True(() => !File.Exists(left));
    }

    [Fact]
    public void Host_cannot_ask_for_the_status_and_root_can_ask_all_else_too()
    {
        using var agent = new PublishedAgent("-b", "guest-get-time");
        using var host = agent.Connect();
        Assert.Contains("The command qga-status has not been found", host.Ask("""{"execute":"qga-status"}"""), StringComparison.Ordinal);
        Assert.DoesNotContain("qga-status", host.Ask("""{"execute":"guest-info"}"""), StringComparison.Ordinal);

        using var root = agent.ConnectAsRoot();
        Assert.Equal(Qmp.Pong, root.Ask(Qmp.Ping));
        Assert.Contains("has been disabled", root.Ask(Qmp.Request("guest-get-time")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("check")]
    [InlineData("thaw")]
    public void Help_is_there_for_each(string subcommand)
    {
        var run = Run(subcommand, "--help");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.StartsWith($"Usage: qga {subcommand}", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Thaw_does_nothing_where_nothing_is_frozen() =>
        Assert.Equal(new ProcessRun(0, "", ""), Run("thaw", "-t", _scratch.Root));

    private static ProcessRun Run(params string[] arguments) => ProcessRun.Of(PublishedAgent.Executable, arguments);

    /// <summary>Runs it where no other agent is: those of other tests may not answer, which is waited for.</summary>
    private static ProcessRun RunBeside(PublishedAgent alone, params string[] arguments) =>
        ProcessRun.Of("nsenter", ["--mount", "--target", $"{alone.Pid}", "--", PublishedAgent.Executable, .. arguments]);

    private static JObject StatusOf(PublishedAgent agent)
    {
        JObject? found = null;
        Eventually.True(() =>
        {
            found = RunBeside(agent, "status", "--json").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(JObject.Parse)
                .FirstOrDefault(status => (int)status["pid"]! == agent.Pid);
            return found is not null;
        });

        // The answer of the agent itself: the command adds the programs of the hook.
        using var root = agent.ConnectAsRoot();
        Conformance.AssertValid("qga-status", arguments: null, Qmp.Return(root.Ask(Qmp.Request("qga-status"))));
        return found!;
    }
}
