namespace Qga.Guest.Tests;

/// <summary>The archive for other distributions in a guest whose init is busybox, with no udev.</summary>
public sealed class BusyboxInitTests
{
    private const string Agent = "$(cat /run/qemu-ga.pid)";

    [GuestFact]
    public async Task It_is_installed_kept_running_upgraded_and_taken_away()
    {
        using var disk = DiskImage.Ext4(8);
        await using var guest = await GuestMachine.BootAsync(new GuestOptions { Disks = [disk.Path] });
        await guest.OutputOfAsync($"mount -t ext4 /dev/vda /mnt && rm /dev/virtio-ports/{GuestMachine.AgentPort} && cp /etc/inittab /tmp/inittab");

        Assert.Contains("installed for busybox's init", await guest.OutputOfAsync("/archive/install"), StringComparison.Ordinal);

        using var client = await guest.ConnectToAgentPortAsync();
        await client.SyncAsync(1);
        Assert.Equal("0", await guest.OutputOfAsync("/usr/lib/qga/service status > /dev/null; echo $?"));
        Assert.Equal(1, await client.AskAsync("guest-fsfreeze-freeze"));

        // It is started again when it is killed, by its keeper, and that by init.
        await ReplacedAfterAsync(guest, $"kill -9 {Agent}");
        await client.SyncAsync(2);
        Assert.Equal("frozen", await client.AskAsync("guest-fsfreeze-status"));
        await ReplacedAfterAsync(guest, "kill -9 $(cat /run/qemu-guest-agent.pid)");
        await client.SyncAsync(3);
        Assert.Equal("frozen", await client.AskAsync("guest-fsfreeze-status"));

        // Once more is an upgrade.
        await guest.OutputOfAsync("echo '# mine' >> /etc/qemu/qemu-ga.conf");
        await ReplacedAfterAsync(guest, "/archive/install");
        await client.SyncAsync(4);
        Assert.Equal("frozen", await client.AskAsync("guest-fsfreeze-status"));
        Assert.Equal("# mine", await guest.OutputOfAsync("tail -n 1 /etc/qemu/qemu-ga.conf"));

        await guest.OutputOfAsync("/archive/install --uninstall");
        await guest.OutputOfAsync("echo written > /mnt/written && sync && ! pidof qga && cmp /etc/inittab /tmp/inittab && [ ! -e /usr/sbin/qga ]");
        Assert.Equal("# mine", await guest.OutputOfAsync("tail -n 1 /etc/qemu/qemu-ga.conf"));
    }

    /// <summary>Does something that ends the agent, and waits until there is another.</summary>
    private static async Task ReplacedAfterAsync(GuestMachine guest, string script)
    {
        var former = await guest.OutputOfAsync("cat /run/qemu-ga.pid");
        await guest.OutputOfAsync(script);
        await guest.WaitUntilAsync($"[ -s /run/qemu-ga.pid ] && [ $(cat /run/qemu-ga.pid) != {former} ]");
    }
}
