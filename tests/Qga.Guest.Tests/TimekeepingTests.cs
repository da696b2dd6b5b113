using Newtonsoft.Json.Linq;

namespace Qga.Guest.Tests;

/// <summary>The clocks of a guest of its own: the kernel's, and the emulated hardware clock, which sysfs reads as UTC.</summary>
public sealed class TimekeepingTests
{
    private const long November2023 = 1_700_000_000;
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Far more than passes between setting a clock and looking at it, far less than a wrong clock is off.</summary>
    private const long Delay = 120;

    [GuestFact]
    public async Task Both_clocks_are_set_to_a_time_of_the_host()
    {
        await using var guest = await GuestMachine.BootAsync();
        await using var agent = await guest.StartAgentOnPortAsync();
        using var client = await guest.ConnectToAgentPortAsync();

        await SetAsync(client, November2023);

        Assert.InRange(await SystemAsync(guest) - November2023, 0, Delay);
        Assert.InRange(await HardwareAsync(guest) - November2023, -1, Delay);
        Assert.InRange((long)await client.AskAsync("guest-get-time") - (November2023 * NanosecondsPerSecond), 0, Delay * NanosecondsPerSecond);
    }

    [GuestFact]
    public async Task Hardware_clock_is_where_the_system_gets_its_time_from_without_one_of_the_host()
    {
        await using var guest = await GuestMachine.BootAsync();
        await using var agent = await guest.StartAgentOnPortAsync();
        using var client = await guest.ConnectToAgentPortAsync();
        await SetAsync(client, November2023);
        await guest.OutputOfAsync("date -s @1600000000");

        await client.AskAsync("guest-set-time");

        // The second of the hardware clock has just begun, and the system's with it.
        var both = (await guest.OutputOfAsync("date +%s; cat /sys/class/rtc/rtc0/since_epoch")).Split('\n');
        Assert.InRange(long.Parse(both[0]) - November2023, 0, Delay);
        Assert.InRange(long.Parse(both[1]) - long.Parse(both[0]), 0, 1);
    }

    [GuestFact]
    public async Task Hardware_clock_in_local_time_stays_in_it()
    {
        const long Offset = 9 * 3600;
        await using var guest = await GuestMachine.BootAsync();
        await guest.OutputOfAsync("printf '0.0 0 0.0\\n0\\nLOCAL\\n' > /etc/adjtime");
        await using var agent = await GuestAgent.StartAsync(guest, "env TZ=JST-9", [.. GuestMachine.OnAgentPort]);
        using var client = await guest.ConnectToAgentPortAsync();

        await SetAsync(client, November2023);
        Assert.InRange(await SystemAsync(guest) - November2023, 0, Delay);
        Assert.InRange(await HardwareAsync(guest) - November2023 - Offset, -1, Delay);

        await guest.OutputOfAsync("date -s @1600000000");
        await client.AskAsync("guest-set-time");
        Assert.InRange(await SystemAsync(guest) - November2023, 0, Delay);
    }

    [GuestFact]
    public async Task Hardware_clock_that_somebody_else_has_open_is_told_apart_from_the_systems()
    {
        await using var guest = await GuestMachine.BootAsync();
        await using var agent = await guest.StartAgentOnPortAsync();
        using var client = await guest.ConnectToAgentPortAsync();
        await guest.OutputOfAsync(
            "(exec 3< /dev/rtc0; touch /run/holds; exec sleep 1000) > /dev/null 2>&1 &\nuntil [ -e /run/holds ]; do usleep 1000; done");

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => SetAsync(client, November2023));

        Assert.Contains(
            "the system clock is set, but not the hardware clock: failed to open hardware clock /dev/rtc0: Device or resource busy",
            failure.Message);
        Assert.InRange(await SystemAsync(guest) - November2023, 0, Delay);
    }

    private static async Task SetAsync(GuestClient client, long seconds) =>
        await client.AskAsync("guest-set-time", new JObject { ["time"] = seconds * NanosecondsPerSecond });

    private static async Task<long> SystemAsync(GuestMachine guest) => long.Parse(await guest.OutputOfAsync("date +%s"));

    private static async Task<long> HardwareAsync(GuestMachine guest) =>
        long.Parse(await guest.OutputOfAsync("cat /sys/class/rtc/rtc0/since_epoch"));
}
