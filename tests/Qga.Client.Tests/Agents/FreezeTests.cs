using Qga.Testing;

namespace Qga.Client.Tests.Agents;

/// <summary>Guests that are really frozen, in the one place where that may be done.</summary>
public sealed class FreezeTests : IDisposable
{
    private readonly FreezeLab _lab = new();

    public FreezeTests()
    {
        foreach (var place in new[] { "/mnt/one", "/mnt/two" })
            _lab.Mount("ext4", place);
    }

    private IEnumerable<string> Frozen => _lab.Volumes.Where(volume => volume.IsFrozen).Select(volume => volume.MountPoint);

    public void Dispose() => _lab.Dispose();

    [FreezeLabFact]
    public async Task Guest_with_qga_is_frozen_until_the_thaw_or_a_time_of_its_own()
    {
        using var agent = FreezeLabAgent.Start(_lab, "-t", "/run");
        await using var guest = await GuestAgent.ConnectAsync($"unix:{agent.SocketPath}");
        Assert.Equal(new FreezeResult { Count = 2, ThawsAfter = TimeSpan.FromMinutes(10) }, await guest.FreezeAsync(timeout: TimeSpan.FromMinutes(10)));
        Assert.Equal(FreezeStatus.Frozen, await guest.GetFreezeStatusAsync());
        Assert.True((await Assert.ThrowsAsync<QgaCommandException>(() => guest.GetTimeAsync())).IsUnavailable);
        Assert.Equal(["/mnt/one", "/mnt/two"], Frozen);
        Assert.Equal(2, await guest.ThawAsync());
        Assert.Empty(Frozen);

        Assert.Equal(new FreezeResult { Count = 1, ThawsAfter = TimeSpan.FromSeconds(1) }, await guest.FreezeAsync(["/mnt/two"], TimeSpan.FromSeconds(1)));
        Eventually.True(() => !Frozen.Any());
        Assert.Equal(FreezeStatus.Thawed, await guest.GetFreezeStatusAsync());

        await guest.WhileFrozenAsync(
            async (frozen, cancel) =>
            {
                Assert.Equal(2, frozen.Count);
                Assert.Equal(["/mnt/one", "/mnt/two"], Frozen);
                await Assert.ThrowsAsync<QgaCommandException>(() => guest.WhileFrozenAsync((_, _) => Task.CompletedTask, cancellationToken: cancel));
                Assert.Equal(["/mnt/one", "/mnt/two"], Frozen);
            },
            timeout: TimeSpan.FromMinutes(1), requireTimeout: true);
        Assert.Empty(Frozen);
    }

    [FreezeLabFact(NeedsPeer = true)]
    public async Task Guest_with_qemu_ga_is_frozen_without_a_time()
    {
        using var agent = FreezeLabAgent.StartPeer(_lab, "-t", "/run");
        await using var guest = await GuestAgent.ConnectAsync($"unix:{agent.SocketPath}");
        Assert.Equal(new FreezeResult { Count = 2 }, await guest.FreezeAsync(timeout: TimeSpan.FromMinutes(10)));
        Assert.Equal(FreezeStatus.Frozen, await guest.GetFreezeStatusAsync());
        Assert.Equal(2, await guest.ThawAsync());

        Assert.Equal(new FreezeResult { Count = 1 }, await guest.FreezeAsync(["/mnt/one"], TimeSpan.FromMinutes(10)));
        Assert.Equal(["/mnt/one"], Frozen);
        Assert.Equal(1, await guest.ThawAsync());
        await Assert.ThrowsAsync<QgaUnsupportedException>(() => guest.FreezeAsync(timeout: TimeSpan.FromMinutes(1), requireTimeout: true));
        Assert.Empty(Frozen);
        Assert.Equal(new FreezeResult { Count = 0 }, await guest.FreezeAsync([]));
        await guest.ThawAsync();
    }
}
