using System.Text.RegularExpressions;
using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>One agent in the lab, a client of it, and a record of all that can be seen from outside.</summary>
internal sealed partial class FreezeSession : IDisposable
{
    internal const string Hook = "/run/hook";
    internal const string StateDirectory = "/state";

    private const string Log = "/run/log";
    private const string HookLog = "/run/hook.log";

    private readonly FreezeLab _lab;
    private readonly FreezeLabSyslog _syslog;
    private readonly FreezeLabAgent _agent;
    private readonly QmpClient _client;

    /// <param name="lab">Where it runs, at rest.</param>
    /// <param name="start">Starts the real qemu-ga or ours.</param>
    /// <param name="options">What it gets beside files of its own.</param>
    internal FreezeSession(FreezeLab lab, Func<FreezeLab, string[], FreezeLabAgent> start, params string[] options)
    {
        _lab = lab;
        _syslog = new FreezeLabSyslog(lab);
        _agent = start(lab, ["-t", StateDirectory, "-l", Log, .. options]);
        _client = _agent.Connect();
    }

    /// <summary>What was asked, answered and seen, in order.</summary>
    internal List<string> Record { get; } = [];

    private string Marker => _lab.PathOf($"{StateDirectory}/qga.state.isfrozen");

    /// <summary>Prepares the lab for a session: fresh directories, and a hook that logs and then does what <paramref name="hook"/> says.</summary>
    internal static void Prepare(FreezeLab lab, string hook = "")
    {
        lab.Reset();
        lab.Run($"umount {StateDirectory} 2> /dev/null; rm -rf {StateDirectory} {Log} {HookLog} && mkdir {StateDirectory} && mount -t tmpfs state {StateDirectory}");
        lab.WriteProgram(Hook, $"echo $# \"$@\" >> {HookLog}\n{hook}");
    }

    internal string Ask(string command, string arguments = "{}")
    {
        var answer = _client.Ask($$"""{"execute":"{{command}}","arguments":{{arguments}}}""");
        Record.Add($"{command} {arguments}");
        Record.Add(Normalize(answer));
        Record.Add($"frozen: {string.Join(' ', _lab.Volumes.Where(volume => volume.IsFrozen).Select(volume => volume.MountPoint))}");
        Record.Add($"marker: {(File.Exists(Marker) ? File.GetUnixFileMode(Marker) : null)}");
        Record.Add($"hooks: {TextOf(HookLog)}");
        return answer;
    }

    /// <summary>Adds the log file and the system log to the record. Asks a ping to know the end.</summary>
    internal FreezeSession WithLogs()
    {
        Record.Add("log: " + Time().Replace(TextOf(Log), ""));
        Record.Add("stderr: " + Time().Replace(_agent.Output, ""));
        _client.Ask(Qmp.Ping);
        for (string record; !(record = _syslog.Read()).EndsWith("guest-ping called", StringComparison.Ordinal);)
            Record.Add("syslog: " + record);
        return this;
    }

    public void Dispose()
    {
        _client.Dispose();
        _agent.Dispose();
        _syslog.Dispose();
    }

    /// <summary>We say why a command is refused, on purpose.</summary>
    private static string Normalize(string answer) => answer.Replace(
        "has been disabled: the command is not allowed: the agent is in frozen state", "has been disabled: the command is not allowed", StringComparison.Ordinal);

    private string TextOf(string path) => File.Exists(_lab.PathOf(path)) ? File.ReadAllText(_lab.PathOf(path)) : "none";

    /// <summary>The time of a record, and of one that GLib wrote by itself.</summary>
    [GeneratedRegex(@"^\d+\.\d{6}: |(?<=^\*\* \()process:\d+(?=\))|\d\d:\d\d:\d\d\.\d{3}(?=: )", RegexOptions.Multiline, 1000)]
    private static partial Regex Time();
}
