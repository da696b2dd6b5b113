namespace Qga.Guest.Tests;

/// <summary>The agent on a vsock address, spoken to from inside the guest: the loopback transport gives the client CID 1.</summary>
[Collection(nameof(SharedGuest))]
public sealed class VsockTests(SharedGuest shared)
{
    private const string Client = "vsock-cat 1 1234";

    private readonly GuestMachine _guest = shared.Machine;

    [GuestFact]
    public async Task A_peer_that_the_configuration_allows_is_answered()
    {
        await _guest.OutputOfAsync(@"modprobe vsock_loopback; printf '[qga]\nvsock-allow-cid=1\n' > /run/vsock.conf");
        await using var agent = await _guest.StartAgentAsync("-c", "/run/vsock.conf", "-m", "vsock-listen", "-p", "4294967295:1234");
        await _guest.WaitUntilAsync($"{Client} < /dev/null");

        var answer = await _guest.OutputOfAsync("""echo '{"execute":"guest-sync","arguments":{"id":7}}' | """ + Client);

        Assert.Equal("""{"return": 7}""", answer);
    }

    [GuestFact]
    public async Task A_peer_that_is_not_the_host_is_turned_away()
    {
        await _guest.OutputOfAsync("modprobe vsock_loopback");
        await using var agent = await _guest.StartAgentAsync("-m", "vsock-listen", "-p", "4294967295:1234");
        await _guest.WaitUntilAsync($"{Client} < /dev/null");

        var answer = await _guest.OutputOfAsync("""echo '{"execute":"guest-ping"}' | """ + Client);

        Assert.Equal("", answer);
    }
}
