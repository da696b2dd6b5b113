using System.Text;
using Qga.Host.Tests.Inventory;
using Qga.Testing;

namespace Qga.Host.Tests.Paths;

/// <summary>A path is bytes, which need not be UTF-8: the real qemu-ga and ours do the same with one. Scripts name what .NET can't.</summary>
public sealed class PathBytesTests : IDisposable
{
    /// <summary>Makes a directory in that of the first argument, and a link to it that .NET can name.</summary>
    private const string Make = "n=\"$1/$(printf 'caf\\351')\" && mkdir -p \"$n\" && ln -sfn \"$n\" \"$1/link\" && shift && ";

    private readonly ScratchDirectory _scratch = new();

    public void Dispose()
    {
        Run("rm -rf \"$1\"/caf*");
        _scratch.Dispose();
    }

    [PeerFact]
    public void Host_can_not_name_one_that_is_not_utf8()
    {
        using var agents = new AgentPair();
        foreach (var path in (string[])["/caf\xE9", "/\\udce9", "/\xED\xB3\xA9", "/\xED\xA0\x80", "/\xC0\xAF"])
        {
            foreach (var (command, arguments) in ((string, string)[])
            [
                ("guest-file-open", $"\"path\":\"{path}\""),
                ("guest-exec", $"\"path\":\"{path}\""),
                ("guest-exec", $"\"path\":\"/bin/true\",\"arg\":[\"{path}\"]"),
                ("guest-exec", $"\"path\":\"/bin/true\",\"env\":[\"A={path}\"]"),
                ("guest-fsfreeze-freeze-list", $"\"mountpoints\":[\"{path}\"]"),
                ("guest-ssh-get-authorized-keys", $"\"username\":\"{path}\""),
            ])
            {
                var error = agents.AssertSameError($"{{\"execute\":\"{command}\",\"arguments\":{{{arguments}}}}}");
                Assert.Contains("JSON parse error", error, StringComparison.Ordinal);
            }
        }
    }

    [PeerFact]
    public void Link_leads_to_one()
    {
        Run(Make + "printf text > \"$n/$(printf '\\377')\" && ln -s \"$n/$(printf '\\377')\" \"${n%/*}/file\"");
        using var agents = new AgentPair();

        var (_, handle) = agents.Ask(Qmp.Open(_scratch.PathOf("file")));

        Assert.Equal("dGV4dA==", (string?)agents.AssertSame(Qmp.Read((long)handle, 9))["buf-b64"]);
    }

    [PeerFact]
    public void Program_is_found_there_and_told_of_it()
    {
        Run(Make + "printf '#!/bin/sh\\necho \"$0|$PATH|$HOME\"' > \"$n/tool\" && chmod 755 \"$n/tool\"");
        var printed = PathOfBytes("tool") + $"|{PathOfBytes("")[..^1]}:/usr/bin:/bin|{PathOfBytes("")[..^1]}\n";
        string[] launcher = ["sh", "-c", $"{Make}PATH=\"$n:/usr/bin:/bin\" HOME=\"$n\" exec \"$@\"", "sh", _scratch.Root];

        using (var peer = PeerAgent.StartBy(launcher))
            Assert.Equal(printed, Tool(peer));
        using var ours = PublishedAgent.StartBy(launcher);
        Assert.Equal(printed, Tool(ours));

        static string Tool(AgentUnderTest agent)
        {
            using var client = agent.Connect();
            var process = (int)Qmp.Return(client.Ask(GuestProgram.Request("tool", [])))["pid"]!;
            return Encoding.Latin1.GetString(Convert.FromBase64String((string)GuestProgram.EndOf(client, process)["out-data"]!));
        }
    }

    [PeerFact]
    public void Settings_are_dumped_as_they_were_given()
    {
        const string Dump = Make + "\"$1\" -D -p \"$n/p\" -l \"$n/l\" -f \"$n/f\" -F\"$n/F\" -t \"$n\" | od -An -c";

        Assert.Contains("351", Run(Dump, PublishedAgent.Executable), StringComparison.Ordinal);
        Assert.Equal(Run(Dump, PeerAgent.Command!), Run(Dump, PublishedAgent.Executable));
    }

    [PeerFact]
    public void What_is_wrong_with_them_is_said_alike()
    {
        foreach (var options in (string[])["-c \"$n/none\"", "-\"$(printf '\\351')\"", "--m\"$(printf '\\351')\"", "--\"$(printf '\\351')\"=x"])
        {
            // But for the program, its process and the time.
            var complain = $"{Make}{{ \"$1\" {options} -D || true; }} 2>&1"
                + " | LC_ALL=C sed -E 's#/[^ ]*/(qemu-ga|qga)#agent#g; s/process:[0-9]*//; s/[0-9:.]*: error/error/' | od -An -c";
            Assert.Equal(Run(complain, PeerAgent.Command!), Run(complain, PublishedAgent.Executable));
        }
    }

    [PeerFact]
    public void Daemon_keeps_its_files_there()
    {
        var peer = FilesOfDaemon(PeerAgent.Command!);
        Assert.Equal(["log", "pid", "qga.state", "socket"], peer);
        Assert.Equal(peer, FilesOfDaemon(PublishedAgent.Executable));
    }

    private List<string> FilesOfDaemon(string agent)
    {
        var link = _scratch.PathOf("link");
        Run(Make + "rm -f \"$n\"/* && \"$1\" -d -m unix-listen -p \"$n/socket\" -t \"$n\" -l \"$n/log\" -f \"$n/pid\"", agent);
        Eventually.True(() => File.Exists($"{link}/pid") && File.ReadAllText($"{link}/pid").EndsWith('\n'));
        using var daemon = new ProcessHandle(int.Parse(File.ReadAllText($"{link}/pid")));
        try
        {
            using var client = QmpClient.Connect($"{link}/socket");
            Assert.Equal(1000, (long)Qmp.Return(client.Ask(Qmp.Open(_scratch.Write("file", "")))));
            return [.. Directory.EnumerateFiles(link).Select(path => Path.GetFileName(path)!).Where(name => name != "qga.state.lock").Order(StringComparer.Ordinal)];
        }
        finally
        {
            daemon.TrySend(Signal.Terminate);
            Eventually.True(() => !File.Exists($"{link}/pid"));
        }
    }

    /// <summary>In the directory, each character one byte.</summary>
    private string PathOfBytes(string name) => $"{_scratch.Root}/caf\xE9/{name}";

    private string Run(string script, params string[] arguments)
    {
        var run = ProcessRun.Of("sh", ["-c", script, "sh", _scratch.Root, .. arguments]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        return run.Output;
    }
}
