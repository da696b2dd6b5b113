using Xunit.Abstractions;

namespace Qga.Guest.Tests;

/// <summary>The guest is frozen and runs out of memory.</summary>
public sealed class FreezeUnderPressureTests(ITestOutputHelper output)
{
    [GuestFact]
    public async Task The_guardian_outlives_whatever_the_kernel_kills_and_thaws_the_guest_while_memory_is_short()
    {
        await using var guest = await FreezeGuest.BootAsync(new GuestOptions { MemoryMegabytes = 256 });
        var agent = await guest.StartAgentAsync();
        using (var client = await guest.ConnectAsync())
            await FreezeGuest.FreezeAsync(client, timeout: 10);

        // This shell and the one that runs it must live on to tell. Of all others the eater is the last that the kernel kills.
        await guest.Machine.OutputOfAsync(
            """
            for shell in $$ $PPID; do echo -1000 > /proc/$shell/oom_score_adj; done
            (echo -999 > /proc/self/oom_score_adj; exec tail /dev/zero)
            [ $? = 137 ]
            """);
        Assert.Equal(137, await agent.WaitForExitAsync());

        // From now on the kernel finds an eater to kill, one after the other, and each time only when it has no memory left.
        var eaten = await guest.Machine.OutputOfAsync(
            $"""
             pidof qga-freeze-guardian > /dev/null || exit
             while [ -e {FreezeGuest.Marker} ]; do
                 (echo 0 > /proc/self/oom_score_adj; exec tail /dev/zero)
                 echo $?
             done 2> /dev/null
             """);
        await guest.AssertThawedAsync();

        output.WriteLine($"{eaten.Split('\n').Length} eaters were killed before the thaw");
        Assert.All(eaten.Split('\n'), status => Assert.Equal("137", status));
        Assert.Equal("freeze request\nthaw deadline", await guest.HooksAsync());
    }
}
