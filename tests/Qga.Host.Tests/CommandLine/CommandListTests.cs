using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Host.Tests.CommandLine;

/// <summary>The published agent with lists as people write them: what they mean is blocked, and what means nothing is named.</summary>
public sealed class CommandListTests : IDisposable
{
    private const string Exec = "guest-exec";
    private const string Open = "guest-file-open";

    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("--block-rpcs=guest-exec guest-file-open")]
    [InlineData("--block-rpcs= guest-exec , guest-file-open ")]
    [InlineData("--block-rpcs=guest-exec;guest-file-open")]
    [InlineData("--block-rpcs=\"guest-exec,guest-file-open\"")]
    [InlineData("--block-rpcs='guest-exec', 'guest-file-open'")]
    [InlineData("--block-rpcs=guest-exec\t guest-file-open\n")]
    [InlineData("--block-rpcs=,guest-exec,,guest-file-open,")]
    [InlineData("--block-rpcs=GUEST-EXEC,Guest-File-Open")]
    [InlineData("-bguest-exec,guest-flie-open", "-b", "guest-file-open")]
    [InlineData("--blacklist=guest-exec,guest-file-open")]
    [InlineData("--blacklist=guest-exec", "-F", "--block-rpcs=guest-file-open")]
    [InlineData("--black", "guest-exec guest-file-open")]
    [InlineData("--allow-rpcs=guest-ping guest-info")]
    [InlineData("--allow-rpcs=guest-pnig", "-a", "Guest-Ping")]
    public void Option_blocks_what_it_names(params string[] options)
    {
        using var agent = new PublishedAgent(options);

        AssertBlocked(agent);
    }

    [Theory]
    [InlineData("block-rpcs=guest-exec guest-file-open")]
    [InlineData("block-rpcs = guest-exec , guest-file-open ")]
    [InlineData("block-rpcs=guest-exec;guest-file-open;")]
    [InlineData("block-rpcs=\"guest-exec,guest-file-open\"")]
    [InlineData("block-rpcs=guest-exec\\nguest-file-open\\t")]
    [InlineData("block-rpcs=Guest-Exec,guest-file-open")]
    [InlineData("block-rpcs=guest-exec,guest-flie-open,guest-file-open")]
    [InlineData("block-rpcs=guest-exec\nblock-rpcs=guest-file-open")]
    [InlineData("block-rpcs=guest-exec,guest-file-open\n[general]\nblock-rpcs=")]
    [InlineData("[general]\nblock-rpcs=guest-exec\n[qga]\n[general]\nverbose=true\nblock-rpcs=guest-file-open")]
    [InlineData("blacklist=guest-exec,guest-file-open")]
    [InlineData("blacklist=guest-exec\nblock-rpcs=guest-file-open")]
    [InlineData("allow-rpcs=guest-ping guest-info")]
    public void Key_blocks_what_it_names(string settings)
    {
        using var agent = new PublishedAgent("-c", Configure(settings));

        AssertBlocked(agent);
    }

    [PeerFact]
    public void Separators_alone_allow_nothing_and_an_empty_list_everything_as_with_qemu_ga()
    {
        string[] lists = ["", ",", " "];

        Assert.Equal([true, false, false], lists.Select(list => Allows(new PeerAgent("-a", list))));
        Assert.Equal([true, false, false], lists.Select(list => Allows(new PublishedAgent("-a", list))));

        static bool Allows(AgentUnderTest started)
        {
            using var agent = started;
            using var client = agent.Connect();
            return client.Ask(Qmp.Ping) == Qmp.Pong;
        }
    }

    [Fact]
    public void What_names_no_command_is_named_in_log_and_status()
    {
        var configuration = Configure(
            "block-rpcs=guest-flie-open Guest-Exec\nallow-rpcs=guest-get-devices,guest-pnig\nallow-rpcs=guest-ping,guest-pong");
        string[] warnings =
        [
            $"warning: key allow-rpcs of group [general] is repeated in {configuration}: only the last line counts",
            "error: ignoring operand \"guest-file-open\", which belongs to no option",
            "error: ignoring operand \"/hook\": the value of --fsfreeze-hook must be attached, as in --fsfreeze-hook=/hook",
            $"error: block-rpcs of [general] in {configuration} names guest-flie-open, which is no command",
            $"warning: block-rpcs of [general] in {configuration} names Guest-Exec, which is spelt guest-exec",
            $"warning: allow-rpcs of [general] in {configuration} names guest-pong, which is no command",
            "error: option --block-rpcs names guest-exce, which is no command",
        ];

        using var agent = new PublishedAgent("-c", configuration, "--block-rpcs=guest-exce", "guest-file-open", "", "-F", "/hook");

        Assert.Equal(warnings, StatusOf(agent)["warnings"]!.Select(warning => $"{warning["severity"]}: {warning["text"]}"));
        foreach (var warning in warnings)
            agent.AwaitOutput($": warning: {warning[(warning.IndexOf(' ', StringComparison.Ordinal) + 1)..]}\n");
    }

    [Fact]
    public void Old_names_are_told_of_in_one_line()
    {
        var configuration = Configure("blacklist=guest-exec");

        using var agent = new PublishedAgent(
            "-c", configuration, "--blacklist=guest-file-open", "-b", "guest-file-read", "--blacklist=guest-file-write");

        Assert.Equal(
            [$"key blacklist of {configuration} and option --blacklist: deprecated, the name is block-rpcs today"],
            StatusOf(agent)["warnings"]!.Select(warning => (string?)warning["text"]));
    }

    [Fact]
    public void Units_of_distributions_start_it_without_a_warning()
    {
        // Fedora's FILTER_RPC_ARGS names a command of Windows; a variable that is not set is an empty word.
        using var agent = new PublishedAgent("--allow-rpcs=guest-ping,guest-get-devices,guest-info", "", "-F/dev/null");

        Assert.Empty(StatusOf(agent)["warnings"]!);
    }

    [Theory]
    [InlineData("-b", "help")]
    [InlineData("--blacklist=help")]
    [InlineData("--blacklist", "?")]
    public void Commands_are_listed_under_the_old_name_too(params string[] options)
    {
        var run = ProcessRun.Of(PublishedAgent.Executable, options);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.StartsWith("guest-sync-delimited\nguest-sync\nguest-ping\n", run.Output, StringComparison.Ordinal);
    }

    private static void AssertBlocked(PublishedAgent agent)
    {
        using var client = agent.Connect();
        foreach (var command in new[] { Exec, Open })
            Assert.Contains(
                $"Command {command} has been disabled: the command is not allowed", client.Ask(Qmp.Request(command)), StringComparison.Ordinal);
        Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
    }

    private static JToken StatusOf(PublishedAgent agent)
    {
        using var client = agent.ConnectAsRoot();
        return Qmp.Return(client.Ask(Qmp.Request("qga-status")));
    }

    private string Configure(string settings)
    {
        var path = _scratch.Write("qemu-ga.conf", $"[general]\n{settings}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
