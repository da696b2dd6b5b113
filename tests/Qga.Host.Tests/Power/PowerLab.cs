using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Host.Tests.Power;

/// <summary>
/// A root directory for agents that are told to bring the machine down: it has no program but a shell and those that a test puts
/// there, which note how they are called, no /proc, and a /sys of one file. Agents in it have a process table of their own, and
/// not the rights to reboot, mount or set the clock.
/// </summary>
internal sealed class PowerLab : IDisposable
{
    private const string Rights = "-sys_boot,-sys_admin,-sys_time";

    private readonly ScratchDirectory _root = new();
    private readonly List<(RunningProcess Process, QmpClient Client)> _agents = [];

    internal PowerLab()
    {
        try
        {
            foreach (var folder in (string[])["bin", "dev", "lab", "peer/root", "sbin", "sys/power", "tmp"])
                Directory.CreateDirectory(PathOf(folder));
            Copy(Run("sh", "-c", "command -v busybox").TrimEnd(), "bin/busybox");
            foreach (var applet in (string[])["sh", "dirname", "readlink"])
                File.CreateSymbolicLink(PathOf($"bin/{applet}"), "busybox");
            Run("mknod", "-m", "666", PathOf("dev/null"), "c", "1", "3");
            Run("mknod", "-m", "666", PathOf("dev/urandom"), "c", "1", "9");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Starts the real qemu-ga.</summary>
    internal QmpClient StartPeer()
    {
        // It is a script that runs the program and its libraries beside it.
        var folder = Path.GetDirectoryName(PeerAgent.Command)!;
        Run("cp", "-a", $"{folder}/root/usr", PathOf("peer/root"));
        Copy(PeerAgent.Command!, "peer/qemu-ga");
        return Start("/peer/qemu-ga");
    }

    /// <summary>Starts the executable that is shipped.</summary>
    internal QmpClient StartOurs()
    {
        Copy(PublishedAgent.Executable, "agent/qga");
        foreach (var library in SharedLibraries.Of(PublishedAgent.Executable))
            Copy(library, library.TrimStart('/'));
        return Start("/agent/qga");
    }

    /// <summary>Asks an agent in a guest of these programs, and gives its error if any, how they were called, and what the kernel was told.</summary>
    internal string Ask(QmpClient agent, string request, string? state, params IEnumerable<(string Path, string Script)> programs)
    {
        Clear();
        foreach (var (path, script) in programs)
            _root.WriteProgram(path.TrimStart('/'), $"#!/bin/sh\necho $0 \"$@\" >> /tmp/calls\n{script}\n");
        if (state is not null)
            File.WriteAllText(PathOf("sys/power/state"), state);

        // Success has no answer: the ping's is the first then.
        agent.Send($"{request}\n");
        var answer = JObject.Parse(agent.Ask(Qmp.Ping));
        if (answer["error"] is not null)
            agent.ReadLine();
        return $"{(string?)answer["error"]?["desc"] ?? "success"}\n{TextOf("tmp/calls")}{TextOf("sys/power/state")}";
    }

    public void Dispose()
    {
        foreach (var (process, client) in _agents)
        {
            client.Dispose();
            process.Dispose();
        }

        _root.Dispose();
    }

    private QmpClient Start(string agent)
    {
        var socket = $"/lab/{_agents.Count}";
        var process = new RunningProcess("unshare",
        [
            "--mount", "--pid", "--fork", "--kill-child=SIGKILL", "setpriv", $"--bounding-set={Rights}", $"--inh-caps={Rights}",
            "chroot", _root.Root, agent, "-m", "unix-listen", "-p", socket, "-t", "/tmp",
        ]);
        try
        {
            var client = QmpClient.ConnectOnceListening(PathOf(socket[1..]), process);
            _agents.Add((process, client));
            return client;
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    private void Clear()
    {
        foreach (var file in Directory.EnumerateFiles(PathOf("bin")).Where(path => new FileInfo(path) is { LinkTarget: null, Name: not "busybox" })
            .Concat(Directory.EnumerateFiles(PathOf("sbin"))).Concat([PathOf("tmp/calls"), PathOf("sys/power/state")]))
        {
            File.Delete(file);
        }
    }

    private string TextOf(string path) => File.Exists(PathOf(path)) ? File.ReadAllText(PathOf(path)) : "";

    private string PathOf(string path) => _root.PathOf(path);

    private void Copy(string file, string target) => Run("install", "-D", file, PathOf(target));

    private static string Run(string program, params IEnumerable<string> arguments) => ProcessRun.Of(program, [.. arguments]) is { ExitCode: 0 } run
        ? run.Output
        : throw new InvalidOperationException($"{program} failed");
}
