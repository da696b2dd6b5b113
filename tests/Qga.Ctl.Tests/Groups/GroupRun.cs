using System.Globalization;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Ctl.Tests.Groups;

/// <summary><c>qgactl freeze</c> as a process of its own, with a snapshot command that a test can hold.</summary>
internal sealed class GroupRun : IDisposable
{
    /// <summary>What the held snapshot command prints first.</summary>
    internal const string Began = "the snapshot has begun";

    private readonly RunningProcess _tool;

    /// <param name="words">What follows the verb.</param>
    internal GroupRun(params IEnumerable<string> words) => _tool = new RunningProcess("env", Command(words));

    private GroupRun(RunningProcess tool) => _tool = tool;

    internal string Output => _tool.Output;

    internal bool HasExited => _tool.HasExited;

    /// <summary>The number of its watcher.</summary>
    internal int Watcher
    {
        get
        {
            var found = 0;
            Eventually.True(() => (found = ChildOf(_tool.Pid, "freeze-watcher")) != 0, "there is a watcher");
            return found;
        }
    }

    /// <summary>Runs it to its end.</summary>
    internal static ProcessRun Of(params IEnumerable<string> words) => ProcessRun.Of("env", Command(words));

    internal static JObject Json(ProcessRun run)
    {
        using var reader = new JsonTextReader(new StringReader(run.Output)) { DateParseHandling = DateParseHandling.None };
        return JObject.Load(reader);
    }

    /// <summary>Starts it by a shell that does something before.</summary>
    internal static GroupRun By(string shell, params IEnumerable<string> words) =>
        new(new RunningProcess("sh", ["-c", $"{shell}; exec \"$0\" \"$@\"", PublishedTool.Executable, .. Words(words)]));

    /// <summary>Waits until a watcher has ended, which does not hold the tool's output.</summary>
    internal static void AwaitEndOf(int watcher) => Eventually.True(() => ProcessStatus.State(watcher) is null or 'Z');

    /// <summary>A snapshot command that runs as long as the file is there.</summary>
    internal static string[] Held(string file)
    {
        File.WriteAllText(file, "");
        return ["sh", "-c", $"echo {Began}; while [ -e {file} ]; do sleep 0.05; done"];
    }

    internal void Send(Signal signal) => _tool.Send(signal);

    internal void AwaitOutput(string text) => _tool.AwaitOutput(text);

    internal int WaitForExit() => _tool.WaitForExit();

    /// <summary>Waits until the tool has ended, whoever else still has its output.</summary>
    internal void AwaitEnd() => Eventually.True(() => _tool.HasExited);

    public void Dispose() => _tool.Dispose();

    /// <summary>Arguments of env(1): the tests may run under nohup(1), and the tool then heeds no HUP.</summary>
    private static string[] Command(IEnumerable<string> words) => ["--default-signal=HUP", PublishedTool.Executable, .. Words(words)];

    /// <summary>A watcher that finds nobody does not outlive the tests by much.</summary>
    private static string[] Words(IEnumerable<string> words) => ["freeze", "--watch-limit", "60", .. words];

    private static int ChildOf(int parent, string word)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(folder[^1])))
        {
            try
            {
                var stat = File.ReadAllText($"{folder}/stat");
                if (stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1] == parent.ToString(CultureInfo.InvariantCulture)
                    && File.ReadAllText($"{folder}/cmdline").Contains(word, StringComparison.Ordinal))
                    return int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // It has ended.
            }
        }

        return 0;
    }
}
