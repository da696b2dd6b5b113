using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Host.Tests.Logging;

/// <summary>
/// What the published agent tells the system's log of that which a host has done: all of it, a line each, and nothing that the host made up.
/// </summary>
public sealed class AccountingTests
{
    [FreezeLabFact]
    public void What_the_host_did_is_on_record_whatever_it_is_called()
    {
        using var lab = new FreezeLab();
        using var syslog = new FreezeLabSyslog(lab);
        using var agent = FreezeLabAgent.Start(lab, "-t", "/run");
        using var client = agent.Connect();

        const string Started = "<14>qemu-ga: info: guest-exec called: \"/bin/true ";
        Qmp.Return(client.Ask(Exec("a b")));
        Assert.Equal($"{Started}a b\"", syslog.Read());
        Qmp.Return(client.Ask(Exec("x\n<14>qemu-ga: info: guest-ping called\u001B[2J")));
        Assert.Equal($@"{Started}x\n<14>qemu-ga: info: guest-ping called\u001b[2J""", syslog.Read());
        Qmp.Return(client.Ask(Exec([.. Enumerable.Repeat(new string('y', 99_999), 3)])));
        Assert.Matches($"^{Started}y+\\.\\.\\. \\(cut: 300030 bytes in all\\)$", syslog.Read());
        Assert.StartsWith("failed to open file '/no\n/such'", Qmp.Error(client.Ask(Qmp.Open("/no\n/such"))));
        Assert.Equal(@"<14>qemu-ga: info: guest-file-open called, filepath: /no\n/such, mode: r", syslog.Read());
    }

    private static string Exec(params string[] arguments) =>
        Qmp.Request("guest-exec", ("path", "/bin/true"), ("arg", new JArray(arguments)));
}
