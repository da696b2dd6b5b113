using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Host.Tests.Audit;

/// <summary>The audit of the published agent in a real journal, which is nobody else's.</summary>
public sealed class AuditJournalTests : IDisposable
{
    private const string Journald = "/usr/lib/systemd/systemd-journald";

    private const string Script = $$"""
        mount -t tmpfs none /run && mkdir -p /run/systemd/journal /run/log/journal && mount -t tmpfs none /var/log || exit
        {{Journald}} &
        until [ -S /run/systemd/journal/socket ]; do sleep 0.1; done
        "$@"
        """;

    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [ToolFact("journalctl", Journald, NeedsRoot = true)]
    public void Records_are_found_by_their_fields()
    {
        Directory.CreateDirectory(_scratch.PathOf("rules"));
        _scratch.Write("rules/10-lab.rules", "allow guest-exec log=args\nallow *");
        var configuration = _scratch.Write("qemu-ga.conf", $"[qga]\naudit=journal\npolicy-dir={_scratch.PathOf("rules")}\n");
        File.SetUnixFileMode(configuration, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var agent = PublishedAgent.StartBy(["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", Script, "sh"], "-c", configuration);
        using var client = agent.Connect();
        Qmp.Return(client.Ask(Qmp.Request("guest-exec", ("path", "/bin/true"), ("arg", new JArray("a\nb")))));
        Qmp.Return(client.Ask(Qmp.Request("guest-exec", ("path", "/bin/true"), ("arg", new JArray(Enumerable.Range(0, 64).Select(number => new string('x', 4000) + number))))));
        client.Ask(Qmp.Request("guest-set-user-password", ("username", "nobody:"), ("password", "YQ=="), ("crypted", false)));

        var first = Find(agent, "QGA_KIND=request", "QGA_COMMAND=guest-exec", "QGA_ARGC=2");
        Assert.Equal(("guest-exec path=/bin/true argc=2 args=a\\nb: ok", "/bin/true", "ok"), ((string?)first["MESSAGE"], (string?)first["QGA_PATH"], (string?)first["QGA_RESULT"]));
        Assert.Equal(("a\nb", "10-lab.rules:1", "uid:0"), ((string?)first["QGA_ARGS"], (string?)first["QGA_RULE"], (string?)first["QGA_PEER"]));
        Assert.Equal(("journal", "6"), ((string?)first["_TRANSPORT"], (string?)first["PRIORITY"]));

        Assert.Equal(3, Find(agent, "QGA_ARGC=65")["QGA_ARGS"]!.Count());
        Assert.Equal("forbidden characters in username", (string?)Find(agent, "QGA_RESULT=error")["QGA_ERROR"]);
        Assert.Equal((string?)first["QGA_PID"], (string?)Find(agent, "QGA_KIND=program-end", $"QGA_PID={first["QGA_PID"]}")["QGA_PID"]);
    }

    private static JObject Find(PublishedAgent agent, params string[] fields)
    {
        string[] lines = [];
        Eventually.True(() => (lines = ProcessRun.Of(
            "nsenter", ["--mount", "--target", $"{agent.Pid}", "--", "journalctl", "-D", "/run/log/journal", "--all", "-o", "json", "--quiet", .. fields])
            .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)).Length > 0);
        return JObject.Parse(lines[0]);
    }
}
