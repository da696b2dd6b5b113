using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Ctl.Tests.Verbs;

/// <summary>call, info, ls and watch with real agents.</summary>
public class QueryTests
{
    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    [Agent("bookworm")]
    public async Task Call_prints_what_is_returned(string name)
    {
        using var agent = AgentAttribute.Start(name);
        var run = await ToolRun.OfAsync("call", $"unix:{agent.SocketPath}", "guest-sync", """{"id": 7}""");
        Assert.Equal((0, "7\n", ""), (run.ExitCode, run.Output, run.Error));

        run = await ToolRun.WithInputAsync("""{"id": 8}"""u8.ToArray(), "call", agent.SocketPath, "guest-sync", "-");
        Assert.Equal((0, "8\n"), (run.ExitCode, run.Output));

        run = await ToolRun.OfAsync("call", agent.SocketPath, "guest-get-host-name");
        Assert.Equal($"{{\n  \"host-name\": \"{Environment.MachineName}\"\n}}\n", run.Output);
        run = await ToolRun.OfAsync("call", "--json", agent.SocketPath, "guest-ping");
        Assert.Equal((0, "{}\n"), (run.ExitCode, run.Output));
    }

    [Fact]
    public async Task Call_tells_the_agents_error()
    {
        using var agent = new PublishedAgent();
        var run = await ToolRun.OfAsync("call", agent.SocketPath, "guest-exec-status", """{"pid": 1}""");
        Assert.Equal((1, "", "qgactl: guest-exec-status: PID 1 does not exist\n"), (run.ExitCode, run.Output, run.Error));

        run = await ToolRun.OfAsync("call", "--json", agent.SocketPath, "guest-nothing");
        Assert.Equal((1, ""), (run.ExitCode, run.Error));
        Assert.Equal(("command", "CommandNotFound", "guest-nothing"), ((string?)run.Json["error"]!["kind"], (string?)run.Json["error"]!["class"], (string?)run.Json["error"]!["command"]));
    }

    [Theory]
    [InlineData("[]", "the arguments are no JSON object")]
    [InlineData("{} {}", "the arguments are no JSON: ")]
    [InlineData("{", "the arguments are no JSON: ")]
    [InlineData("", "the arguments are no JSON: ")]
    public async Task Call_wants_an_object(string arguments, string message)
    {
        var run = await ToolRun.OfAsync("call", "unix:/none", "guest-ping", arguments);
        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith($"qgactl: {message}", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    [Agent("bookworm")]
    public async Task Info_tells_of_the_guest(string name)
    {
        using var agent = AgentAttribute.Start(name);
        var run = await ToolRun.OfAsync("info", agent.SocketPath);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Matches($"(?m)^  Host name +{Environment.MachineName}$", run.Output);
        Assert.Matches("(?m)^  State +thawed$", run.Output);
        Assert.Matches("(?m)^  Clock +.* UTC, as the host$", run.Output);
        Assert.Matches(@"(?m)^  Memory +.* used \(\d+ %\)$", run.Output);
        Assert.Matches("(?m)^  Network .*127.0.0.1/8", run.Output);

        var json = (await ToolRun.OfAsync("info", "--json", agent.SocketPath)).Json;
        Assert.Equal(Environment.MachineName, (string?)json["answers"]!["guest-get-host-name"]!["host-name"]);
        Assert.Equal(name == "bookworm", json["errors"]!["guest-get-load"] is not null);
    }

    [Fact]
    public async Task Info_leaves_out_what_is_refused()
    {
        using var agent = new PublishedAgent("--block-rpcs=guest-get-osinfo,guest-file-open,guest-get-fsinfo");
        var run = await ToolRun.OfAsync("info", agent.SocketPath);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("disabled: guest-file-open guest-get-fsinfo guest-get-osinfo", Sorted(run.Output), StringComparison.Ordinal);
        Assert.DoesNotContain("System", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Memory", run.Output, StringComparison.Ordinal);

        static string Sorted(string text)
        {
            var line = text.Split('\n').First(line => line.Contains("disabled: ", StringComparison.Ordinal));
            var names = line[(line.IndexOf("disabled: ", StringComparison.Ordinal) + "disabled: ".Length)..].Split(' ');
            return $"disabled: {string.Join(' ', names.Order(StringComparer.Ordinal))}";
        }
    }

    /// <summary>An agent's answers are what the other end says they are.</summary>
    [Fact]
    public async Task What_is_odd_in_one_answer_does_not_hide_the_others()
    {
        using var scratch = new ScratchDirectory();
        using var guest = new SimulatedGuest(scratch.PathOf("guest"));
        guest.Odd["guest-get-osinfo"] = [];
        var run = await ToolRun.OfAsync("info", guest.Address);
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("qgactl: System: an answer lacks 'kernel-release'", run.Error, StringComparison.Ordinal);
        Assert.Contains("Agent", run.Output, StringComparison.Ordinal);
        Assert.Contains("thawed", (await ToolRun.OfAsync("ls", guest.Address)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Freeze_whose_answer_is_none_may_have_frozen_the_guest()
    {
        using var scratch = new ScratchDirectory();
        using var guest = new SimulatedGuest(scratch.PathOf("guest"));
        guest.Garbage.Add("guest-fsfreeze-freeze");
        var run = await ToolRun.OfAsync("call", guest.Address, "guest-fsfreeze-freeze");
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("guest-fsfreeze-freeze may be carried out all the same: thaw the guest\n", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, 24, "c b a", 0)]
    [InlineData(3, 5, "c b a", 0)]
    [InlineData(3, 4, "a", 2)]
    [InlineData(3, 1, "a", 2)]
    [InlineData(9, 5, "a b", 7)]
    public void Watch_shows_those_of_interest_where_there_is_no_room_for_all(int count, int height, string names, int more)
    {
        var guests = Enumerable.Range(0, count).Select(number => $"{(char)('a' + count - 1 - number)}").ToList();
        var (shown, left) = Qga.Ctl.Verbs.WatchVerb.Fit(guests, name => name[0], height);
        Assert.Equal((names, more), (string.Join(' ', shown), left));
    }

    [Fact]
    public async Task Ls_tells_who_answers()
    {
        using var scratch = new ScratchDirectory();
        using var agent = new PublishedAgent();
        File.CreateSymbolicLink(scratch.PathOf("vm1.sock"), agent.SocketPath);
        var run = await ToolRun.OfAsync("ls", agent.SocketPath, "/none/such.sock", $"{agent.ScratchDirectory}/*");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var lines = run.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.Matches($"^{agent.SocketPath} +thawed +[0-9.]+ +[^-]", lines[1]);
        Assert.Matches("^/none/such.sock +no answer +- +unix:/none/such.sock: No such file or directory$", lines[2]);
        Assert.Equal(lines[1], lines[3]);

        var json = (await ToolRun.OfAsync("--json", "ls", agent.SocketPath, "unix:/none/such.sock")).Json["guests"]!;
        Assert.Equal((true, false), ((bool)json[0]!["answers"]!, (bool)json[0]!["frozen"]!));
        Assert.Equal((false, JTokenType.Null), ((bool)json[1]!["answers"]!, json[1]!["frozen"]!.Type));
    }

    [Fact]
    public async Task Ls_gives_up_who_does_not_answer()
    {
        using var agent = new PublishedAgent();
        Signal.Stop.Send(agent.Pid);
        var run = await ToolRun.OfAsync("ls", "--timeout", "0.2", agent.SocketPath);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("no answer", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [Agent("qga")]
    [Agent("bookworm")]
    public async Task Watch_prints_a_line_for_each_answer(string name)
    {
        using var agent = AgentAttribute.Start(name);
        var run = await ToolRun.OfAsync("watch", agent.SocketPath, "--count", "2", "--interval", "0.1");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Matches($@"^(\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ {agent.SocketPath} thawed load=[0-9.]+ [0-9.]+ [0-9.]+ memory=\d+% fullest=\d+% /.*\n){{2}}$", run.Output);
    }

    [Fact]
    public async Task Watch_tells_who_is_stuck()
    {
        using var agent = new PublishedAgent();
        Signal.Stop.Send(agent.Pid);
        var run = await ToolRun.OfAsync("watch", agent.SocketPath, "-t", "0.2", "--count", "1");
        Assert.Matches(@"Z /.* stuck \d+ s: unix:.*", run.Output);
        var json = (await ToolRun.OfAsync("watch", "--json", agent.SocketPath, "-t", "0.2", "--count", "1")).Json;
        Assert.False((bool)json["answers"]!);
    }

    [Fact]
    public async Task What_a_guest_says_does_nothing_to_the_terminal()
    {
        // The guest's own os-release is what it says of itself.
        using var scratch = new ScratchDirectory();
        scratch.Write("os-release", "PRETTY_NAME=\"\u001b[2Jgone\u009b31m\"\n");
        using var agent = PublishedAgent.StartBy(["env", $"QGA_OS_RELEASE={scratch.PathOf("os-release")}"]);
        foreach (var verb in new[] { "ls", "info" })
        {
            var run = await ToolRun.OfAsync(verb, agent.SocketPath);
            Assert.Contains(@"\u001b[2Jgone\u009b31m", run.Output, StringComparison.Ordinal);
            Assert.DoesNotContain('\u001b', run.Output);
        }
    }
}
