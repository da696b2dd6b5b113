using Newtonsoft.Json.Linq;
using Qga.Platform.Native;
using Qga.Testing;

namespace Qga.Host.Tests.Policy;

/// <summary>The published agent under rules, with a place that they may open and one that they may not.</summary>
internal sealed class PolicyLab : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly IReadOnlyList<string> _launcher;
    private PublishedAgent? _agent;
    private QmpClient? _client;

    /// <param name="rules">With ROOT for the directory of the lab.</param>
    /// <param name="settings">Lines of group qga.</param>
    /// <param name="launcher">Programs that become the agent, with ROOT as well.</param>
    internal PolicyLab(string rules, string settings = "", params string[] launcher)
    {
        _launcher = [.. launcher.Select(word => word.Replace("ROOT", Root, StringComparison.Ordinal))];
        Directory.CreateDirectory(PathOf("rules"));
        Directory.CreateDirectory(PathOf("open"));
        Directory.CreateDirectory(PathOf("shut"));
        File.WriteAllText(PathOf("open/file"), "open");
        File.WriteAllText(PathOf("shut/secret"), "secret");
        WriteRules(rules);
        WriteSettings(settings);
    }

    internal string Root => _scratch.Root;

    internal string Configuration => PathOf("qemu-ga.conf");

    internal PublishedAgent Agent => _agent ??= PublishedAgent.StartBy(_launcher, "-v", "-c", Configuration);

    internal QmpClient Client => _client ??= Agent.Connect();

    public void Dispose()
    {
        _client?.Dispose();
        _agent?.Dispose();
        _scratch.Dispose();
    }

    internal string PathOf(string name) => _scratch.PathOf(name);

    internal void WriteRules(string rules, string name = "10-lab.rules")
    {
        File.WriteAllText(PathOf($"{name}.new"), rules.Replace("ROOT", Root, StringComparison.Ordinal));
        File.Move(PathOf($"{name}.new"), PathOf($"rules/{name}"), overwrite: true);
    }

    internal void WriteSettings(string settings)
    {
        _scratch.Write("qemu-ga.conf", $"[qga]\npolicy-dir={PathOf("rules")}\n{settings}\n");
        File.SetUnixFileMode(Configuration, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Has the agent read its rules anew, and waits for that.</summary>
    internal void Reload()
    {
        var before = Reloads;
        Signal.HangUp.Send(Agent.Pid);
        Eventually.True(() => Reloads > before);
    }

    private int Reloads => Agent.Output.Split("the settings were read anew").Length;

    internal string Ask(string request) => Client.Ask(request);

    internal string Open(string path, string mode = "r") => Ask(Qmp.Open(path.StartsWith('/') ? path : $"{Root}/{path}", mode));

    /// <summary>What is in a file that may be opened.</summary>
    internal string Read(string path)
    {
        var handle = (long)Qmp.Return(Open(path));
        var text = System.Text.Encoding.ASCII.GetString(Qmp.Data(Ask(Qmp.Read(handle, 100))));
        Qmp.Return(Ask(Qmp.Close(handle)));
        return text;
    }

    internal string Exec(string path, IEnumerable<string>? arguments = null, IEnumerable<string>? environment = null)
    {
        List<(string, JToken)> all = [("path", path), ("arg", new JArray(arguments ?? [])), ("capture-output", true)];
        if (environment is not null)
            all.Add(("env", new JArray(environment)));
        return Ask(Qmp.Request("guest-exec", all));
    }

    /// <summary>How a program ended that may be run.</summary>
    internal (JToken Status, string Output) Run(string path, IEnumerable<string>? arguments = null, IEnumerable<string>? environment = null)
    {
        var process = (long)Qmp.Return(Exec(path, arguments, environment))["pid"]!;
        JToken? status = null;
        Eventually.True(() => (bool)(status = Qmp.Return(Ask(Qmp.Request("guest-exec-status", ("pid", process)))))["exited"]!);
        return (status!, System.Text.Encoding.UTF8.GetString(Convert.FromBase64String((string?)status!["out-data"] ?? "")));
    }

    /// <summary>Runs the executable with the lab's configuration.</summary>
    internal ProcessRun Subcommand(params string[] words) => ProcessRun.Of(PublishedAgent.Executable, [.. words, "-c", Configuration]);

    /// <summary>Has a link lead elsewhere, at once.</summary>
    internal static void Swap(string link, string target)
    {
        File.CreateSymbolicLink($"{link}.new", target);
        Assert.Equal(Errno.Success, LibC.Rename($"{link}.new", link));
    }

    internal static bool IsRefused(string answer) => answer.Contains("refused by the guest's policy (", StringComparison.Ordinal);
}
