using System.Text;
using Qga.Testing;

namespace Qga.Host.Tests.Packaging;

/// <summary>The program of config/examples, for hosts without qgactl, against the published agent; freezing, against one that only says so.</summary>
public sealed class ExamplesTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [ToolFact("python3")]
    public void Guest_answers()
    {
        using var agent = new PublishedAgent();

        Assert.Equal(0, Example("qga.py", agent.SocketPath, "ping").ExitCode);
    }

    [ToolFact("python3")]
    public void What_another_client_has_left_is_no_answer()
    {
        using var agent = new PublishedAgent();
        using (var other = agent.Connect())
            other.Send("{\"execute\": \"guest-pi");

        Assert.Equal(0, Example("qga.py", agent.SocketPath, "ping").ExitCode);
    }

    [ToolFact("python3")]
    public void Error_of_the_agent_is_shown()
    {
        using var agent = new PublishedAgent();

        var run = Example("qga.py", agent.SocketPath, "cat", "/nonexistent");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("failed to open file '/nonexistent'", run.Error, StringComparison.Ordinal);
    }

    [ToolFact("python3")]
    public void Without_an_agent_there_is_no_answer()
    {
        var run = Example("qga.py", _scratch.PathOf("none"), "ping");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(_scratch.PathOf("none"), run.Error, StringComparison.Ordinal);
    }

    [ToolFact("python3")]
    public void File_is_printed_as_it_is()
    {
        using var agent = new PublishedAgent();
        var content = new StringBuilder();
        while (content.Length < 2_500_000)
            content.Append("line ").Append(content.Length).Append('\n');
        var path = _scratch.Write("a \"file\"", content.ToString());

        Assert.Equal(content.ToString(), Example("qga.py", agent.SocketPath, "cat", path).Output);
    }

    [ToolFact("python3")]
    public void Program_is_run_to_its_end()
    {
        using var agent = new PublishedAgent();
        string[] command = ["/bin/sh", "-c", "sleep 0.3; echo \"out $1\"; echo err >&2; exit 7", "sh", "a \"b\""];

        Assert.Equal(new ProcessRun(7, "out a \"b\"\n", "err\n"), Example("qga.py", [agent.SocketPath, "exec", .. command]));
    }

    [ToolFact("python3")]
    public void Snapshot_is_taken_while_the_guest_is_frozen()
    {
        using var agent = FrozenAgent(thawed: 3);

        Assert.Equal(5, Snapshot("echo snapshot >> $CALLS; exit 5").ExitCode);
        Assert.Equal("guest-fsfreeze-freeze snapshot guest-fsfreeze-thaw", Calls);
    }

    [ToolFact("python3")]
    public void Guest_that_thawed_too_early_spoils_the_snapshot()
    {
        using var agent = FrozenAgent(thawed: 0);

        var run = Snapshot("echo snapshot >> $CALLS");

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("was thawed before this was done", run.Error, StringComparison.Ordinal);
        Assert.Equal("guest-fsfreeze-freeze snapshot guest-fsfreeze-thaw", Calls);
    }

    [ToolFact("python3")]
    public void Guest_that_refuses_to_freeze_is_thawed_and_no_snapshot_taken()
    {
        using var agent = FrozenAgent(thawed: 0, refuses: true);

        var run = Snapshot("echo snapshot >> $CALLS");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("a mount is busy", run.Error, StringComparison.Ordinal);
        Assert.Equal("guest-fsfreeze-freeze guest-fsfreeze-thaw", Calls);
    }

    [ToolFact("python3")]
    public void Guest_is_thawed_if_the_snapshot_is_broken_off()
    {
        using var agent = FrozenAgent(thawed: 3);

        var run = Snapshot("echo snapshot >> $CALLS; kill -TERM $PPID; sleep 0.2");

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

    private ProcessRun Snapshot(string command) => Example("qga.py", _scratch.PathOf("socket"), "snapshot", "sh", "-c", command);

    private ProcessRun Example(string name, params string[] arguments) => ProcessRun.Of(
        Repository.PathOf($"config/examples/{name}"), arguments, new Dictionary<string, string?>
        {
            ["PATH"] = $"{_scratch.PathOf("bin")}:{Environment.GetEnvironmentVariable("PATH")}",
            ["CALLS"] = _scratch.PathOf("calls"),
        });
}
