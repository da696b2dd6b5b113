using Newtonsoft.Json.Linq;

namespace Qga.Guest.Tests;

/// <summary>Guests that go down and sleep, as their host sees it. The agent of one that goes down ends with it.</summary>
public sealed class PowerTests
{
    [GuestFact]
    public async Task Power_down_ends_the_machine()
    {
        await using var guest = await BootAsync();
        using var client = await guest.ConnectToAgentPortAsync();
        await guest.StartAgentOnPortAsync();

        await ShutDownAsync(client, "powerdown");

        Assert.Equal("guest-shutdown", await ReasonOfShutdownAsync(guest));
        await guest.WaitForPowerOffAsync();
    }

    [GuestFact]
    public async Task Reboot_resets_the_machine()
    {
        await using var guest = await BootAsync();
        using var client = await guest.ConnectToAgentPortAsync();
        await guest.StartAgentOnPortAsync();

        await ShutDownAsync(client, "reboot");

        // This QEMU has been told to end at a reset.
        Assert.Equal("guest-reset", await ReasonOfShutdownAsync(guest));
        await guest.WaitForPowerOffAsync();
    }

    [GuestFact]
    public async Task Halt_stops_the_machine_without_ending_it()
    {
        await using var guest = await BootAsync();
        using var client = await guest.ConnectToAgentPortAsync();
        await guest.StartAgentOnPortAsync();

        await ShutDownAsync(client, "halt");

        using var patience = new CancellationTokenSource(GuestMachine.Patience);
        while (!guest.Console.Contains("System halted"))
            await Task.Delay(20, patience.Token);
        Assert.Equal("running", (string?)(await guest.Monitor.ExecuteAsync("query-status"))["status"]);
    }

    [GuestFact]
    public async Task Guest_without_a_program_of_its_own_for_it_is_brought_down_by_shutdown()
    {
        await using var guest = await GuestMachine.BootAsync(new GuestOptions { Processors = 1 });
        await guest.OutputOfAsync("printf '#!/bin/sh\\nprintf \"%%s,\" \"$@\" > /run/asked\\n' > /sbin/shutdown; chmod +x /sbin/shutdown");
        await using var agent = await guest.StartAgentOnPortAsync();
        using var client = await guest.ConnectToAgentPortAsync();

        await ShutDownAsync(client, "powerdown");
        await client.SyncAsync(1);

        Assert.Equal("-h,-P,+0,hypervisor initiated shutdown,", await guest.OutputOfAsync("cat /run/asked"));
    }

    [GuestFact(OfPc = "has a firmware to sleep with")]
    public async Task Guest_that_sleeps_in_its_memory_answers_again_when_it_has_been_woken()
    {
        await using var guest = await BootAsync();
        await using var agent = await guest.StartAgentOnPortAsync();
        using var client = await guest.ConnectToAgentPortAsync();
        await client.AskAsync("guest-ping");

        await SendAsync(client, "guest-suspend-ram");
        await guest.Monitor.WaitForEventAsync("SUSPEND");
        await guest.Monitor.ExecuteAsync("system_wakeup");
        await guest.Monitor.WaitForEventAsync("WAKEUP");

        // Success has no answer: the next one is the next request's.
        Assert.Equal(7, (long)await client.AskAsync("guest-sync", new JObject { ["id"] = 7 }));
        await client.AskAsync("guest-get-time");
    }

    [GuestFact(OfPc = "has a firmware to sleep with")]
    public async Task Guest_that_sleeps_on_its_disk_is_off()
    {
        using var swap = DiskImage.Swap(megabytes: 1024);
        await using var guest = await BootAsync(swap.Path);
        await guest.OutputOfAsync("swapon /dev/vda");
        await guest.StartAgentOnPortAsync();
        using var client = await guest.ConnectToAgentPortAsync();
        await client.AskAsync("guest-ping");

        await SendAsync(client, "guest-suspend-disk");

        await guest.Monitor.WaitForEventAsync("SUSPEND_DISK");
        await guest.WaitForPowerOffAsync();
    }

    [GuestFact]
    public async Task Guest_that_can_not_sleep_says_why_and_goes_on()
    {
        await using var guest = await BootAsync();
        await using var agent = await guest.StartAgentOnPortAsync();
        using var client = await guest.ConnectToAgentPortAsync();

        // There is no swap to sleep on, and no kernel has a word for the hybrid way.
        await SendAsync(client, "guest-suspend-disk");
        Assert.Contains("suspend: cannot write to '/sys/power/state': No such device", await client.ReadLineAsync());
        await SendAsync(client, "guest-suspend-hybrid");
        Assert.Contains("the requested suspend mode is not supported by the guest", await client.ReadLineAsync());
        await client.AskAsync("guest-ping");
    }

    private static async Task<GuestMachine> BootAsync(params string[] disks)
    {
        var guest = await GuestMachine.BootAsync(new GuestOptions { Processors = 1, Disks = disks });
        await guest.OutputOfAsync("for program in poweroff halt reboot; do ln -s ../bin/busybox /sbin/$program; done");
        return guest;
    }

    private static Task ShutDownAsync(GuestClient client, string mode) =>
        client.SendAsync($$$"""{"execute":"guest-shutdown","arguments":{"mode":"{{{mode}}}"}}{{{'\n'}}}""");

    private static Task SendAsync(GuestClient client, string command) => client.SendAsync($$"""{"execute":"{{command}}"}{{'\n'}}""");

    private static async Task<string?> ReasonOfShutdownAsync(GuestMachine guest) =>
        (string?)(await guest.Monitor.WaitForEventAsync("SHUTDOWN"))["data"]?["reason"];
}
