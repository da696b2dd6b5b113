using Newtonsoft.Json.Linq;

namespace Qga.Guest.Tests;

/// <summary>The guest is frozen, its root file system with it, and thawed again.</summary>
[Collection(nameof(SharedFreezeGuest))]
public sealed class FreezeTests(SharedFreezeGuest shared) : FreezeCase(shared)
{
    [GuestFact]
    public async Task A_frozen_root_file_system_holds_up_every_writer_but_not_the_agent()
    {
        await Guest.StartAgentAsync();
        using var client = await Guest.ConnectAsync();

        await FreezeGuest.FreezeAsync(client);
        await Guest.StartHeldWritersAsync();
        Assert.Equal("frozen", await client.AskAsync("guest-fsfreeze-status"));
        await client.AskAsync("guest-ping");
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(
            () => client.AskAsync("guest-file-open", new JObject { ["path"] = "/var/tmp/never", ["mode"] = "w" }));
        var info = await client.AskAsync("guest-info");
        await Guest.AssertWritersAreHeldAsync();
        var thawed = await client.AskAsync("guest-fsfreeze-thaw");
        await Guest.WritersGoOnAsync();

        Assert.Equal(2, thawed);
        Assert.Contains("Command guest-file-open has been disabled", refusal.Message);
        Assert.True(IsEnabled(info, "guest-ping"));
        Assert.False(IsEnabled(info, "guest-file-open"));
        await Guest.AssertThawedAsync();
    }

    [GuestFact]
    public async Task A_daemon_that_starts_on_a_frozen_root_file_system_writes_its_pid_file_after_the_thaw()
    {
        var first = await Guest.StartAgentAsync();
        using var client = await Guest.ConnectAsync();
        await FreezeGuest.FreezeAsync(client);
        await first.KillAsync();

        var second = await Guest.StartAgentAsync("-d");
        Assert.Equal(0, await second.WaitForExitAsync());
        await client.SyncAsync(1);
        await client.AskAsync("guest-fsfreeze-thaw");

        await Guest.Machine.OutputOfAsync($"[ $(cat {FreezeGuest.Root}/var/lib/qga.pid) = $(pidof qga) ]");
        await Guest.AssertThawedAsync();
    }

    [GuestFact]
    public async Task A_filesystem_in_a_file_is_frozen_before_the_one_that_holds_the_file()
    {
        await Guest.Machine.OutputOfAsync(
            $"""
             set -e
             cd {FreezeGuest.Root}
             modprobe loop
             mkdir inner
             dd if=/dev/vdc of=image bs=1M
             losetup /dev/loop0 image
             mount -t ext4 /dev/loop0 inner
             """);
        try
        {
            await Guest.StartAgentAsync();
            using var client = await Guest.ConnectAsync();
            await Guest.Machine.OutputOfAsync($"echo dirty > {FreezeGuest.Root}/inner/dirty");

            var frozen = await client.AskAsync("guest-fsfreeze-freeze");
            var thawed = await client.AskAsync("guest-fsfreeze-thaw");

            Assert.Equal((3, 3), ((int)frozen, (int)thawed));
            await Guest.AssertThawedAsync();
        }
        finally
        {
            await Guest.ResetAsync();
            await Guest.Machine.OutputOfAsync($"cd {FreezeGuest.Root}; umount inner; losetup -d /dev/loop0; rm -r image inner");
        }
    }

    [GuestFact]
    public async Task Trim_tells_the_disks_what_is_free()
    {
        await Guest.StartAgentAsync();
        using var client = await Guest.ConnectAsync();

        var answer = await client.AskAsync("guest-fstrim");

        var trimmed = answer["paths"]!.ToDictionary(path => (string)path["path"]!, path => (long?)path["trimmed"]);
        Assert.Equal(["/", "/data"], trimmed.Keys.Order());
        Assert.All(trimmed.Values, bytes => Assert.True(bytes > 0, $"{answer}"));
    }

    private static bool IsEnabled(JToken info, string command) =>
        (bool)info["supported_commands"]!.Single(known => (string?)known["name"] == command)["enabled"]!;
}
