using Newtonsoft.Json.Linq;
using Qga.Platform;
using Qga.Platform.Storage;
using Qga.Testing;

namespace Qga.Actors.Tests.Storage;

public sealed class GuestGetFsInfoTests : AgentFixture
{
    [Fact]
    public void Mount_points_are_told_with_their_disks_the_last_mounted_first()
    {
        Guest.Mount("/");
        Guest.Mount("/silent", "xfs");
        Blocks.Silent.Add("/silent");
        Blocks.FileSystemDevices[Guest.Mounted[0].MountPoint.Device] = new FileSystemDevice(
            "dm-0",
            [
                new DiskAddress { Controller = new PciAddress(0, 1, 2, 3), Bus = DiskBus.Sata, Unit = 5, Serial = "s", Node = "/dev/sda1" },
                new DiskAddress { Ccw = new CcwAddress(254, 1, 19, 4660), BusNumber = 6, Target = 7 },
            ]);

        Assert.Equal(
            """
            {"return": [{"name": "8:1", "mountpoint": "/silent", "type": "xfs", "disk": []}, {"name": "dm-0", "mountpoint": "/", "type": "ext4", "used-bytes": 1, "total-bytes": 2, "total-bytes-privileged": 3, "disk": [{"pci-controller": {"domain": 0, "bus": 1, "slot": 2, "function": 3}, "bus-type": "sata", "bus": 0, "target": 0, "unit": 5, "serial": "s", "dev": "/dev/sda1"}, {"pci-controller": {"domain": -1, "bus": -1, "slot": -1, "function": -1}, "bus-type": "unknown", "bus": 6, "target": 7, "unit": 0, "ccw-address": {"cssid": 254, "ssid": 1, "subchno": 19, "devno": 4660}}]}]}
            """.Trim(),
            Ask(StartAgent(), "guest-get-fsinfo"));
    }

    [Fact]
    public void Nothing_mounted_is_an_empty_list() => Assert.Equal("""{"return": []}""", Ask(StartAgent(), "guest-get-fsinfo"));

    [Fact]
    public void List_that_cannot_be_had_is_the_error()
    {
        Guest.ListFailure = new PlatformException("failed to open mtab file: '/proc/self/mounts'");

        Assert.Equal("failed to open mtab file: '/proc/self/mounts'", ErrorOf(Ask(StartAgent(), "guest-get-fsinfo")));
    }

    [Fact]
    public void Mounts_that_do_not_answer_cost_their_own_fields_and_are_left_alone_until_they_do()
    {
        var gate = new ManualResetEventSlim();
        string[] dead = ["/dead1", "/dead2", "/dead3"];
        foreach (var path in (string[])["/", .. dead, "/last"])
            Guest.Mount(path);
        foreach (var path in dead)
            Blocks.Dead[path] = gate;
        var agent = StartAgent();

        Assert.Equal(["/last", "/"], WithUsage(AskWhileTimePasses(agent)));
        Assert.Equal(5, Blocks.Asked.Count);

        // Time need not pass now: nobody is waited for.
        Assert.Equal(["/last", "/"], WithUsage(Ask(agent, "guest-get-fsinfo")));
        Assert.Equal(7, Blocks.Asked.Count);

        Blocks.Dead.Clear();
        gate.Set();
        Eventually.True(() => WithUsage(Ask(agent, "guest-get-fsinfo")).Length == 5);
    }

    [Fact]
    public void Local_mounts_are_asked_beside_dead_ones()
    {
        var gate = new ManualResetEventSlim();
        Blocks.Dead[Guest.Mount("/dead").MountPoint.Path] = gate;
        Guest.Mount("/local", isLocal: true);
        Guest.Mount("/net");

        Assert.Equal(["/net", "/local"], WithUsage(AskWhileTimePasses(StartAgent())));
        gate.Set();
    }

    [Fact]
    public void Dead_mounts_are_waited_for_together()
    {
        var gate = new ManualResetEventSlim();
        for (var number = 0; number < 20; number++)
            Blocks.Dead[Guest.Mount($"/{number}").MountPoint.Path] = gate;
        var start = Clock.GetTimestamp();

        Assert.Empty(WithUsage(AskWhileTimePasses(StartAgent())));

        // One after the other they would take 20 s.
        Assert.InRange(Clock.GetElapsedTime(start), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(19));
        gate.Set();
    }

    [Fact]
    public void Mount_that_another_client_is_waiting_for_is_not_taken_for_dead()
    {
        var gate = new ManualResetEventSlim();
        Blocks.Dead[Guest.Mount("/slow").MountPoint.Path] = gate;
        var agent = StartAgent();
        var clients = new[] { Send(agent, "guest-get-fsinfo"), Send(agent, "guest-get-fsinfo") };
        Eventually.True(() => Blocks.Asked.Count == 2);

        gate.Set();

        Assert.All(clients, client => Assert.Equal(["/slow"], WithUsage(AnswerTo(client))));
    }

    [Fact]
    public void Many_dead_mounts_do_not_have_other_commands_refused()
    {
        var gate = new ManualResetEventSlim();
        for (var number = 0; number < Workers.MostStuck + 1; number++)
            Blocks.Dead[Guest.Mount($"/{number}").MountPoint.Path] = gate;
        var agent = StartAgent();
        AskWhileTimePasses(agent);

        Assert.Equal("""{"return": []}""", Ask(agent, "guest-get-disks"));
        gate.Set();
    }

    /// <remarks>In small steps, as a wait that starts later ends later.</remarks>
    private string AskWhileTimePasses(Akka.Actor.IActorRef agent)
    {
        var client = Send(agent, "guest-get-fsinfo");
        Eventually.True(() =>
        {
            Clock.Advance(TimeSpan.FromMilliseconds(50));
            return client.HasMessages;
        });
        return AnswerTo(client);
    }

    private static string[] WithUsage(string answer) =>
        [.. JObject.Parse(answer)["return"]!.Where(mount => mount["used-bytes"] is not null).Select(mount => (string)mount["mountpoint"]!)];
}
