using System.Text;
using Qga.Testing;

namespace Qga.Host.Tests.Packaging;

/// <summary>The programs of config/examples, against the published agent; freezing, against one that only says so.</summary>
public sealed class ExamplesTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    /// <summary>The shell scripts reach a guest by its socket, or by virsh if it has no slash in its name; the Python one by its socket.</summary>
    private const string ByShell = "qga-", ByPython = "qga.py";

    public void Dispose() => _scratch.Dispose();

    [ToolFact("socat", "jq", "python3")]
    public void Guest_answers()
    {
        using var agent = new PublishedAgent();

        Assert.Equal("{}\n", Example("qga-call", agent.SocketPath, "guest-ping").Output);
        Assert.Equal(0, Example("qga.py", agent.SocketPath, "ping").ExitCode);
    }

    [ToolFact("socat", "jq", "python3")]
    public void What_another_client_has_left_is_no_answer()
    {
        using var agent = new PublishedAgent();
        using (var other = agent.Connect())
            other.Send("{\"execute\": \"guest-pi");

        Assert.Equal("{}\n", Example("qga-call", agent.SocketPath, "guest-ping").Output);
        Assert.Equal(0, Example("qga.py", agent.SocketPath, "ping").ExitCode);
    }

    [ToolFact("socat", "jq", "python3")]
    public void Error_of_the_agent_is_shown()
    {
        using var agent = new PublishedAgent();

        foreach (var run in new[]
                 {
                     Example("qga-call", agent.SocketPath, "guest-file-open", """{"path":"/nonexistent"}"""),
                     Example("qga-cat", agent.SocketPath, "/nonexistent"),
                     Example("qga.py", agent.SocketPath, "cat", "/nonexistent"),
                 })
        {
            Assert.Equal(1, run.ExitCode);
            Assert.Contains("failed to open file '/nonexistent'", run.Error, StringComparison.Ordinal);
        }
    }

    [ToolFact("socat", "jq", "python3")]
    public void Without_an_agent_there_is_no_answer()
    {
        foreach (var run in new[] { Example("qga-call", _scratch.PathOf("none"), "guest-ping"), Example("qga.py", _scratch.PathOf("none"), "ping") })
        {
            Assert.Equal(2, run.ExitCode);
            Assert.Contains(_scratch.PathOf("none"), run.Error, StringComparison.Ordinal);
        }
    }

    [ToolFact("socat", "jq", "python3")]
    public void File_is_printed_as_it_is()
    {
        using var agent = new PublishedAgent();
        var content = new StringBuilder();
        while (content.Length < 2_500_000)
            content.Append("line ").Append(content.Length).Append('\n');
        var path = _scratch.Write("a \"file\"", content.ToString());

        Assert.Equal(content.ToString(), Example("qga-cat", agent.SocketPath, path).Output);
        Assert.Equal(content.ToString(), Example("qga.py", agent.SocketPath, "cat", path).Output);
    }

    [ToolFact("socat", "jq", "python3")]
    public void Program_is_run_to_its_end()
    {
        using var agent = new PublishedAgent();
        string[] command = ["/bin/sh", "-c", "sleep 0.3; echo \"out $1\"; echo err >&2; exit 7", "sh", "a \"b\""];

        var expected = new ProcessRun(7, "out a \"b\"\n", "err\n");

        Assert.Equal(expected, Example("qga-exec", [agent.SocketPath, .. command]));
        Assert.Equal(expected, Example("qga.py", [agent.SocketPath, "exec", .. command]));
    }

    [ToolFact("jq", "socat")]
    public void Domain_of_libvirt_is_asked_by_virsh()
    {
        using var agent = new PublishedAgent();

        // virsh qemu-agent-command DOMAIN --timeout N REQUEST, as far as these scripts use it.
        _scratch.WriteProgram("bin/virsh", $$"""
            #!/bin/sh
            [ "$*" = "--quiet qemu-agent-command vm1 --timeout 10 $6" ] || { echo "not as expected: $*" >&2; exit 1; }
            { printf '%s\n' "$6"; sleep 0.3; } | socat -t 5 - UNIX-CONNECT:{{agent.SocketPath}}
            """);

        Assert.Equal("{}\n", Example("qga-call", "vm1", "guest-ping").Output);
        Assert.Equal("hello\n", Example("qga-exec", "vm1", "echo", "hello").Output);
    }

    [Theory]
    [InlineData(ByShell)]
    [InlineData(ByPython)]
    public void Snapshot_is_taken_while_the_guest_is_frozen(string language)
    {
        using var agent = FrozenAgent(thawed: 3);

        Assert.Equal(5, Snapshot(language, "echo snapshot >> $CALLS; exit 5").ExitCode);
        Assert.Equal("guest-fsfreeze-freeze snapshot guest-fsfreeze-thaw", Calls);
    }

    [Theory]
    [InlineData(ByShell)]
    [InlineData(ByPython)]
    public void Guest_that_thawed_too_early_spoils_the_snapshot(string language)
    {
        using var agent = FrozenAgent(thawed: 0);

        var run = Snapshot(language, "echo snapshot >> $CALLS");

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("was thawed before this was done", run.Error, StringComparison.Ordinal);
        Assert.Equal("guest-fsfreeze-freeze snapshot guest-fsfreeze-thaw", Calls);
    }

    [Theory]
    [InlineData(ByShell)]
    [InlineData(ByPython)]
    public void Guest_that_refuses_to_freeze_is_thawed_and_no_snapshot_taken(string language)
    {
        using var agent = FrozenAgent(thawed: 0, refuses: true);

        var run = Snapshot(language, "echo snapshot >> $CALLS");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("a mount is busy", run.Error, StringComparison.Ordinal);
        Assert.Equal("guest-fsfreeze-freeze guest-fsfreeze-thaw", Calls);
    }

    [Theory]
    [InlineData(ByShell)]
    [InlineData(ByPython)]
    public void Guest_is_thawed_if_the_snapshot_is_broken_off(string language)
    {
        using var agent = FrozenAgent(thawed: 3);

        var run = Snapshot(language, "echo snapshot >> $CALLS; kill -TERM $PPID; sleep 0.2");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("guest-fsfreeze-freeze snapshot guest-fsfreeze-thaw", Calls);
    }

    private string Calls => string.Join(' ', File.ReadAllLines(_scratch.PathOf("calls")).Where(call => call != "guest-ping"));

    /// <summary>An agent with one client at a time, as QEMU has it, that keeps a list of calls and freezes nothing.</summary>
    private RunningProcess FrozenAgent(int thawed, bool refuses = false)
    {
        const string Script = """
            import json, socket, sys
            path, calls, thawed, refuses = sys.argv[1:]
            results = {"guest-ping": {}, "guest-fsfreeze-freeze": 3, "guest-fsfreeze-thaw": int(thawed)}
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(path)
            listener.listen()
            print("listening", flush=True)
            while True:
                client, _ = listener.accept()
                for line in client.makefile("rb"):
                    request = json.loads(line.lstrip(b"\xff"))
                    command, sentinel, answer = request["execute"], b"", {}
                    if command == "guest-sync-delimited":
                        client.sendall(b'{"return": {}}\n{"error": {"class": "GenericError", "desc": "left over"}}\n')
                        sentinel, answer = b"\xff", {"return": request["arguments"]["id"]}
                    else:
                        with open(calls, "a") as file:
                            print(command, file=file)
                        if command == "guest-fsfreeze-freeze" and refuses == "True":
                            answer = {"error": {"class": "GenericError", "desc": "a mount is busy"}}
                        else:
                            answer = {"return": results[command]}
                    client.sendall(sentinel + json.dumps(answer).encode() + b"\n")
            """;
        var agent = new RunningProcess("python3", ["-c", Script, _scratch.PathOf("socket"), _scratch.PathOf("calls"), $"{thawed}", $"{refuses}"]);
        agent.AwaitOutput("listening");
        return agent;
    }

    private ProcessRun Snapshot(string language, string command) => language == ByPython
        ? Example("qga.py", _scratch.PathOf("socket"), "snapshot", "sh", "-c", command)
        : Example("qga-snapshot", _scratch.PathOf("socket"), "sh", "-c", command);

    private ProcessRun Example(string name, params string[] arguments) => ProcessRun.Of(
        Repository.PathOf($"config/examples/{name}"), arguments, new Dictionary<string, string?>
        {
            ["PATH"] = $"{_scratch.PathOf("bin")}:{Environment.GetEnvironmentVariable("PATH")}",
            ["CALLS"] = _scratch.PathOf("calls"),
        });
}
