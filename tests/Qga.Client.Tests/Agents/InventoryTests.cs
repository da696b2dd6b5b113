using Qga.Testing;

namespace Qga.Client.Tests.Agents;

/// <summary>What real agents tell of this machine is understood.</summary>
public class InventoryTests
{
    private static readonly Dictionary<string, Func<GuestCommands, Task>> Questions = new()
    {
        ["guest-ping"] = guest => guest.PingAsync(),
        ["guest-sync"] = async guest => Assert.Equal(5, await guest.SyncAsync(5)),
        ["guest-sync-delimited"] = async guest => Assert.Equal(6, await guest.SyncDelimitedAsync(6)),
        ["guest-get-time"] = async guest => Assert.NotEqual(0, await guest.GetTimeAsync()),
        ["guest-fsfreeze-status"] = async guest => Assert.Equal("thawed", await guest.FsFreezeStatusAsync()),
        ["guest-get-disks"] = guest => guest.GetDisksAsync(),
        ["guest-get-fsinfo"] = guest => guest.GetFsInfoAsync(),
        ["guest-get-diskstats"] = async guest => Assert.All(await guest.GetDiskStatsAsync(), disk => Assert.NotEmpty(disk.Name)),
        ["guest-network-get-interfaces"] = async guest => Assert.Contains(await guest.NetworkGetInterfacesAsync(), found => found.Name == "lo"),
        ["guest-network-get-route"] = guest => guest.NetworkGetRouteAsync(),
        ["guest-get-vcpus"] = async guest => Assert.NotEmpty(await guest.GetVcpusAsync()),
        ["guest-get-cpustats"] = async guest => Assert.Contains(await guest.GetCpuStatsAsync(), cpu => cpu.Idle > 0),
        ["guest-get-load"] = async guest => Assert.True((await guest.GetLoadAsync()).Load1m >= 0),
        ["guest-get-host-name"] = async guest => Assert.NotEmpty((await guest.GetHostNameAsync()).HostName),
        ["guest-get-users"] = guest => guest.GetUsersAsync(),
        ["guest-get-timezone"] = guest => guest.GetTimezoneAsync(),
        ["guest-get-osinfo"] = async guest => Assert.NotEmpty((await guest.GetOsInfoAsync()).KernelRelease),
        ["guest-get-memory-blocks"] = guest => guest.GetMemoryBlocksAsync(),
        ["guest-get-memory-block-info"] = guest => guest.GetMemoryBlockInfoAsync(),
    };

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    [Agent("trixie")]
    [Agent("bookworm")]
    public async Task Answers_are_understood(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        var info = await guest.Agent.InfoAsync();
        var known = info.SupportedCommands.Where(command => command.Enabled).Select(command => command.Name).ToHashSet();
        foreach (var (name, ask) in Questions.Where(question => known.Contains(question.Key)))
        {
            try
            {
                await ask(guest.Agent);
            }
            catch (QgaCommandException failure) when (!failure.IsUnavailable && failure.Command == name)
            {
                // This machine has no such thing; the agent says so.
            }
        }

        Assert.True(Questions.Keys.Count(known.Contains) >= Questions.Count - 2);
        var unknown = await Assert.ThrowsAsync<QgaCommandException>(() => guest.Agent.CallAsync("guest-none"));
        Assert.True(unknown.IsUnavailable);
    }
}
