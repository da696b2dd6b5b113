using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Host.Tests.Audit;

/// <summary>The published agent with an audit file, where no other agent is.</summary>
internal sealed class AuditedAgent : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    /// <param name="rules">Of a policy; null for none.</param>
    /// <param name="settings">Lines of group qga.</param>
    internal AuditedAgent(string? rules = null, string settings = "audit=file,syslog")
    {
        Directory.CreateDirectory(PathOf("rules"));
        if (rules is not null)
            File.WriteAllText(PathOf("rules/10-lab.rules"), rules);
        Configure(settings);
        try
        {
            Agent = Start();
        }
        catch
        {
            _scratch.Dispose();
            throw;
        }
    }

    internal PublishedAgent Agent { get; private set; }

    internal string AuditFile => PathOf("log/audit.jsonl");

    internal string Configuration => PathOf("qemu-ga.conf");

    /// <summary>What the file has now.</summary>
    internal IReadOnlyList<JObject> Records => File.Exists(AuditFile) ? [.. File.ReadAllLines(AuditFile).Select(JObject.Parse)] : [];

    public void Dispose()
    {
        Agent.Dispose();
        _scratch.Dispose();
    }

    internal string PathOf(string name) => _scratch.PathOf(name);

    /// <summary>Writes its configuration.</summary>
    /// <param name="settings">Lines of group qga.</param>
    internal void Configure(string settings)
    {
        _scratch.Write("qemu-ga.conf", $"[qga]\npolicy-dir={PathOf("rules")}\naudit-file={AuditFile}\n{settings}\n");
        File.SetUnixFileMode(Configuration, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Ends the agent, and starts another with the same files.</summary>
    internal void Restart(Signal signal)
    {
        Agent.End(signal);
        Agent.Dispose();
        Agent = Start();
    }

    /// <summary>Waits until the file has a record of that kind and command more than it was asked for before.</summary>
    internal JObject Await(string kind, string? command = null, int count = 1)
    {
        List<JObject> found = [];
        Eventually.True(() => (found = [.. Records.Where(record => (string?)record["kind"] == kind && (string?)record["command"] == command)]).Count >= count);
        return found[count - 1];
    }

    /// <summary>Runs the executable where the agent is.</summary>
    internal ProcessRun Subcommand(params string[] words)
    {
        // It is there once the agent serves root too.
        Agent.ConnectAsRoot().Dispose();
        return ProcessRun.Of("nsenter", ["--mount", "--target", $"{Agent.Pid}", "--", PublishedAgent.Executable, .. words]);
    }

    private PublishedAgent Start() => PublishedAgent.StartAlone("-v", "-c", Configuration);
}
