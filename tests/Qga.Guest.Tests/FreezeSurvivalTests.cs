using Xunit.Abstractions;

namespace Qga.Guest.Tests;

/// <summary>The guest is frozen, the agent dies, and whoever is left gets the guest out.</summary>
[Collection(nameof(SharedFreezeGuest))]
public sealed class FreezeSurvivalTests(SharedFreezeGuest shared, ITestOutputHelper output) : FreezeCase(shared)
{
    [GuestFact]
    public async Task An_agent_that_a_watchdog_starts_anew_thaws_what_the_killed_one_has_frozen() =>
        await ThawsAfterDeathAsync(await Guest.StartWatchdogAsync());

    [GuestFact]
    public async Task An_agent_whose_standard_error_is_a_file_on_a_frozen_filesystem_can_be_killed_and_started_anew() =>
        await ThawsAfterDeathAsync(await Guest.StartWatchdogAsync(output: $"{FreezeGuest.Root}/var/log/output"));

    [GuestFact]
    public async Task Wherever_the_agent_is_killed_on_the_way_the_next_one_gets_the_guest_out()
    {
        const string Freeze = "guest-fsfreeze-freeze";
        const string Thaw = "guest-fsfreeze-thaw";
        (string Command, string Condition)[] moments =
        [
            (Freeze, "true"), (Freeze, "[ -e /run/hooks ]"), (Freeze, $"[ -e {FreezeGuest.Marker} ]"),
            (Thaw, "true"), (Thaw, $"[ ! -e {FreezeGuest.Marker} ]"),
        ];
        var random = new Random(20261122);
        var watchdog = await Guest.StartWatchdogAsync();
        using var client = await Guest.ConnectAsync();

        for (var round = 1; round <= 20; round++)
        {
            var (command, condition) = moments[random.Next(moments.Length)];
            if (command == Thaw)
                await FreezeGuest.FreezeAsync(client);

            var delay = random.Next(150);
            await watchdog.KillAgentAfterAsync(condition, TimeSpan.FromMilliseconds(delay));
            await client.SendAsync($$"""{"execute":"{{command}}"}""" + "\n");
            await watchdog.WaitForAgentAsync();

            // What the killed one still answered is dropped.
            await client.SyncAsync(round);
            await client.AskAsync("guest-ping");
            var status = (string?)await client.AskAsync("guest-fsfreeze-status");
            var thawed = (int)await client.AskAsync("guest-fsfreeze-thaw");

            output.WriteLine($"round {round}: {command}, killed {delay} ms after {condition}: {status}, {thawed} thawed");
            Assert.True(thawed == 0 || status == "frozen", $"round {round}, {command}: status {status}, but {thawed} were frozen");
            await Guest.AssertThawedAsync();
            await Guest.Machine.OutputOfAsync("rm -f /run/hooks");
        }
    }

    [GuestFact]
    public async Task The_guardian_of_a_killed_agent_thaws_the_guest_at_the_deadline()
    {
        var agent = await Guest.StartAgentAsync();
        using (var client = await Guest.ConnectAsync())
            await FreezeGuest.FreezeAsync(client, timeout: 5);
        await agent.KillAsync();
        await Guest.StartHeldWritersAsync();

        await Guest.WritersGoOnAsync();
        await Guest.AssertThawedAsync();

        Assert.Equal("freeze request\nthaw deadline", await Guest.HooksAsync());
        await Guest.Machine.WaitUntilAsync($"grep -q 'the freeze has outlived its deadline and its agent: thawed 2' {FreezeGuest.SystemLog}");
    }

    [GuestFact]
    public async Task An_agent_that_starts_after_the_guardian_was_killed_too_starts_another_and_thaws_the_guest()
    {
        var first = await Guest.StartAgentAsync();
        using var client = await Guest.ConnectAsync();
        await FreezeGuest.FreezeAsync(client);
        await first.KillAsync();
        await Guest.Machine.OutputOfAsync("kill -9 $(pidof qga-freeze-guardian)");
        await Guest.Machine.WaitUntilAsync("! pidof qga-freeze-guardian > /dev/null");

        await Guest.StartAgentAsync();
        await client.SyncAsync(1);
        Assert.Equal("frozen", await client.AskAsync("guest-fsfreeze-status"));
        await Guest.Machine.OutputOfAsync("pidof qga-freeze-guardian");
        await Guest.StartHeldWritersAsync();
        Assert.Equal(2, await client.AskAsync("guest-fsfreeze-thaw"));

        await Guest.WritersGoOnAsync();
        await Guest.AssertThawedAsync();
    }

    [GuestFact]
    public async Task A_disk_that_stops_answering_fails_the_freeze_and_the_guardian_that_it_holds_up_is_not_in_the_way_of_the_next_one()
    {
        var first = await Guest.StartAgentAsync();
        using var client = await Guest.ConnectAsync();
        await Guest.StallDataDiskAsync();

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => client.AskAsync("guest-fsfreeze-freeze"));
        Assert.Contains("failed to freeze /data: no answer within", failure.Message);
        Assert.Equal("thawed", await client.AskAsync("guest-fsfreeze-status"));
        await Guest.Machine.OutputOfAsync($"echo 1 > {FreezeGuest.Root}/thawed");
        Assert.Equal(1, await client.AskAsync("guest-fsfreeze-freeze-list", FreezeGuest.RootAlone));

        // What the kernel still does on behalf of the agent ends now, and so can the agent.
        await Guest.ReleaseDataDiskAsync();
        await first.KillAsync();
        await Guest.StartAgentAsync();
        await client.SyncAsync(1);
        Assert.Equal(1, await client.AskAsync("guest-fsfreeze-thaw"));

        // A guardian that the second agent has not found would thaw a later freeze, at the deadline of the one that is over.
        await Guest.AssertThawedAsync();
    }

    [GuestFact]
    public async Task An_agent_whose_port_is_unplugged_thaws_the_guest_before_it_ends()
    {
        var agent = await Guest.StartAgentAsync();
        using (var client = await Guest.ConnectAsync())
            await FreezeGuest.FreezeAsync(client);

        await Guest.Machine.UnplugAgentPortAsync();
        try
        {
            Assert.Equal(0, await agent.WaitForExitAsync());
            await Guest.AssertThawedAsync();
        }
        finally
        {
            await Guest.Machine.PlugAgentPortAsync();
        }

        Assert.Equal("freeze request\nthaw exit", await Guest.HooksAsync());
    }

    private async Task ThawsAfterDeathAsync(GuestWatchdog watchdog)
    {
        using var client = await Guest.ConnectAsync();
        await FreezeGuest.FreezeAsync(client);

        for (var death = 1; death <= 2; death++)
        {
            await watchdog.KillAgentAfterAsync("true", TimeSpan.Zero);
            await watchdog.WaitForAgentAsync();
            await client.SyncAsync(death);
            await client.AskAsync("guest-ping");
            Assert.Equal("frozen", await client.AskAsync("guest-fsfreeze-status"));
        }

        await Guest.StartHeldWritersAsync();
        Assert.Equal(2, await client.AskAsync("guest-fsfreeze-thaw"));
        await Guest.WritersGoOnAsync();
        Assert.Equal("thawed", await client.AskAsync("guest-fsfreeze-status"));
        await Guest.AssertThawedAsync();
    }
}
