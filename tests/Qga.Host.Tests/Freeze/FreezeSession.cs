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
        try
        {
            _agent = start(lab, ["-v", "-t", StateDirectory, "-l", Log, .. options]);
            _client = _agent.Connect();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What was asked, answered and seen, in order.</summary>
    internal List<string> Record { get; } = [];

    private string Marker => _lab.PathOf($"{StateDirectory}/qga.state.isfrozen");

    /// <summary>Prepares the lab for a session: fresh directories, and a hook that logs and then does what <paramref name="hook"/> says.</summary>
    internal static void Prepare(FreezeLab lab, string hook = "")
    {
        lab.Reset();
        lab.Run($"umount {StateDirectory} 2> /dev/null; rm -rf {StateDirectory} {Log} {HookLog} && mkdir {StateDirectory} && mount -t tmpfs -o mode=755 state {StateDirectory}");
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

    /// <summary>Adds the warnings in the log and the system log to the record. Asks a ping to know the end.</summary>
    internal void AddLogs()
    {
        _client.Ask(Qmp.Ping);
        for (string record; !(record = Text(_syslog.Read())).EndsWith("guest-ping called", StringComparison.Ordinal);)
            Record.Add("syslog: " + record);

        // Whether the log says that it stops before or after it says why the marker can't be made is all the same.
        Record.AddRange(Warning().Matches(TextOf(Log)).Select(match => match.Groups["text"].Value)
            .Where(text => !IsOurs(text)).Order(StringComparer.Ordinal).Select(text => "log: " + text));

        // Priority and process number are ours.
        static string Text(string record) => Head().Replace(record, "");
    }

    public void Dispose()
    {
        _client?.Dispose();
        _agent?.Dispose();
        _syslog.Dispose();
    }

    /// <summary>We say why a command is refused, on purpose.</summary>
    private static string Normalize(string answer) => answer.Replace(
        "has been disabled: the command is not allowed: the agent is in frozen state", "has been disabled: the command is not allowed",
        StringComparison.Ordinal);

    private string TextOf(string path) => File.Exists(_lab.PathOf(path)) ? File.ReadAllText(_lab.PathOf(path)) : "none";

    /// <summary>What qemu-ga has no guardian for, what it tells the host alone, and what it tells nobody.</summary>
    private static bool IsOurs(string warning) => warning.StartsWith("the freeze guardian ", StringComparison.Ordinal)
        || warning.StartsWith("not frozen any more, ", StringComparison.Ordinal)
        || warning.Contains(" is not frozen: ", StringComparison.Ordinal)
        || warning.StartsWith("nothing is frozen: ", StringComparison.Ordinal)
        || warning.StartsWith("child process has ", StringComparison.Ordinal);

    [GeneratedRegex(@"^\d+\.\d{6}: (warning|critical|error): (?<text>.*)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Warning();

    [GeneratedRegex(@"^<\d+>qemu-ga(\[\d+\])?: (info: )?", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Head();
}
