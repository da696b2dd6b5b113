using Qga.Host.Tests.Freeze;
using Qga.Testing;

namespace Qga.Host.Tests.Policy;

/// <summary>A guest under the backup profile, which is a lab: it can be frozen and thawed, whatever becomes of the rules meanwhile.</summary>
public sealed class PolicyFreezeTests(FreezeLabFixture fixture) : FreezeLabTest(fixture)
{
    private const string Rules = "/run/rules/50-backup.rules";

    [FreezeLabFact]
    public void Backup_profile_is_enough_for_a_backup_and_syslog_names_the_rule()
    {
        WriteRules(File.ReadAllText(Repository.PathOf("config/policy/backup.rules")));
        using var syslog = new FreezeLabSyslog(Lab);
        var agent = Start("policy-dir=/run/rules");
        using var client = agent.Connect();

        Assert.Equal(Freezable.Count(), (int)Qmp.Return(client.Ask(Qmp.Freeze)));
        Assert.Equal(Freezable, Frozen);
        Assert.Contains("the agent is in frozen state", client.Ask("""{"execute":"guest-get-fsinfo"}"""), StringComparison.Ordinal);
        Assert.Equal(Freezable.Count(), (int)Qmp.Return(client.Ask(Qmp.Thaw)));
        Qmp.Return(client.Ask("""{"execute":"guest-get-fsinfo"}"""));
        Assert.Contains("CommandNotFound", client.Ask(Qmp.Request("guest-exec", ("path", "/bin/true"))), StringComparison.Ordinal);

        Assert.Equal("<14>qemu-ga: info: guest-fsfreeze called, rule 50-backup.rules:7", syslog.Read());
        List<string> records = [];
        while (records is not [.., var last] || !last.Contains("guest-exec", StringComparison.Ordinal))
            records.Add(syslog.Read());
        Assert.Contains(records, record => record.StartsWith("<14>qemu-ga: info: guest-fsfreeze-thaw called, rule 50-backup.rules:7", StringComparison.Ordinal));
        Assert.Equal("<14>qemu-ga: info: guest-exec called, refused, rule 50-backup.rules:21", records[^1]);
    }

    [FreezeLabFact]
    public void Guest_is_thawed_though_its_rules_cant_be_used_any_more()
    {
        WriteRules("allow @freeze");
        var agent = Start("policy-dir=/run/rules");
        using (var client = agent.Connect())
            Qmp.Return(client.Ask(Qmp.Freeze));
        agent.Send(Signal.Kill);
        agent.WaitForExit();
        WriteRules("alow @freeze");

        var next = Start("policy-dir=/run/rules");
        using var other = next.Connect();
        Assert.Equal("frozen", (string?)Qmp.Return(other.Ask(Qmp.FreezeStatus)));
        Assert.Equal(Freezable.Count(), (int)Qmp.Return(other.Ask(Qmp.Thaw)));
        Assert.Empty(Frozen);
        Assert.Contains("50-backup.rules:1: 'alow' is no decision", other.Ask(Qmp.Freeze), StringComparison.Ordinal);
    }

    private void WriteRules(string text)
    {
        Lab.Run("mkdir -p /run/rules");
        File.WriteAllText(Lab.PathOf(Rules), text);
    }
}
