using Qga.Host.Tests.Freeze;
using Qga.Testing;

namespace Qga.Host.Tests.Storage;

/// <summary>Filesystems that do not answer, and those beside them.</summary>
public sealed class DeadMountTests(FreezeLabFixture fixture) : FreezeLabTest(fixture)
{
    private static readonly string FsInfo = Qmp.Request("guest-get-fsinfo");

    [FreezeLabFact]
    public void Dead_mounts_cost_their_own_sizes_and_one_worker_each_until_they_answer()
    {
        var daemons = new[] { MountBindfs("/mnt/hung"), MountNtfs("/mnt/ntfs") };
        Lab.Mount("ext4", "/mnt/hung/below");
        var agent = Start("max-stuck-workers=2");
        using var client = agent.Connect();
        var all = WithSizes(client);
        Assert.Contains("/mnt/ntfs", all);
        Assert.Contains("/mnt/hung/below", all);

        foreach (var daemon in daemons)
            daemon.Send(Signal.Stop);
        Assert.Equal(all.Except(["/mnt/ntfs", "/mnt/hung/below"]), WithSizes(client));
        var threads = Threads(agent);
        for (var poll = 0; poll < 20; poll++)
            Assert.Equal(all.Length - 2, WithSizes(client).Length);

        // Twenty times two workers would be more than that.
        Assert.InRange(Threads(agent), 1, threads + 10);
        Assert.NotEmpty(Qmp.Return(client.Ask(Qmp.Request("guest-get-disks"))));

        foreach (var daemon in daemons)
            daemon.Send(Signal.Continue);
        Eventually.True(() => WithSizes(client).SequenceEqual(all));
    }

    private static string[] WithSizes(QmpClient client) =>
    [
        .. from mount in Qmp.Return(client.Ask(FsInfo))
           where mount["used-bytes"] is not null
           select (string)mount["mountpoint"]!
    ];

    private static int Threads(FreezeLabAgent agent) => Directory.GetDirectories($"/proc/{agent.Pid}/task").Length;
}
