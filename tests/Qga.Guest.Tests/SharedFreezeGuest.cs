namespace Qga.Guest.Tests;

/// <summary>One guest for all cases that freeze it.</summary>
public sealed class SharedFreezeGuest : IAsyncLifetime
{
    public FreezeGuest Machine { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        if (GuestImage.Unavailable is null)
            Machine = await FreezeGuest.BootAsync();
    }

    public async Task DisposeAsync()
    {
        if (Machine is not null)
            await Machine.DisposeAsync();
    }
}

[CollectionDefinition(nameof(SharedFreezeGuest))]
public sealed class SharedFreezeGuestCollection : ICollectionFixture<SharedFreezeGuest>;

/// <summary>What those cases have in common: each leaves the guest thawed, and without an agent.</summary>
public abstract class FreezeCase(SharedFreezeGuest shared) : IAsyncLifetime
{
    protected FreezeGuest Guest { get; } = shared.Machine;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (Guest is not null)
            await Guest.ResetAsync();
    }
}
