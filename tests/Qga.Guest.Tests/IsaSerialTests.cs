using System.Security.Cryptography;

namespace Qga.Guest.Tests;

/// <summary>The agent on an emulated UART, which knows of no host and may lose what nobody takes.</summary>
[Collection(nameof(SharedGuest))]
public sealed class IsaSerialTests(SharedGuest shared)
{
    private readonly GuestMachine _guest = shared.Machine;

    [GuestFact]
    public async Task A_file_goes_there_and_back()
    {
        var content = Content.Of(100_000);
        await using var agent = await _guest.StartAgentAsync("-m", "isa-serial", "-p", GuestMachine.SerialLine);
        await agent.WaitForOpenAsync(GuestMachine.SerialLine);

        using var client = await _guest.ConnectToSerialLineAsync();
        await client.SyncAsync(1);
        await client.AskAsync("guest-ping");
        await client.WriteFileAsync("/tmp/hundred", content, chunk: 32_000);
        var inGuest = await _guest.OutputOfAsync("sha256sum /tmp/hundred");
        var back = await client.ReadFileAsync("/tmp/hundred", chunk: 32_000);
        await _guest.OutputOfAsync("rm /tmp/hundred");

        Assert.StartsWith(Convert.ToHexStringLower(SHA256.HashData(content)), inGuest);
        Assert.Equal(content, back);
    }

    [GuestFact]
    public async Task A_client_that_left_in_the_middle_of_a_request_costs_the_next_one_nothing()
    {
        await using var agent = await _guest.StartAgentAsync("-m", "isa-serial", "-p", GuestMachine.SerialLine);
        await agent.WaitForOpenAsync(GuestMachine.SerialLine);
        using (var first = await _guest.ConnectToSerialLineAsync())
        {
            await first.SyncAsync(2);
            await first.SendAsync("""{"execute":"guest-""");
        }

        using var second = await _guest.ConnectToSerialLineAsync();
        await second.SyncAsync(3);
        await second.AskAsync("guest-ping");
    }
}
