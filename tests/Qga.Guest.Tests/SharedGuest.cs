[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Qga.Guest.Tests;

/// <summary>One guest for all cases that leave it as they found it: they start an agent of their own and end it.</summary>
public sealed class SharedGuest : IAsyncLifetime
{
    public GuestMachine Machine { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        if (GuestImage.Unavailable is null)
            Machine = await GuestMachine.BootAsync();
    }

    public async Task DisposeAsync()
    {
        if (Machine is not null)
            await Machine.DisposeAsync();
    }
}

[CollectionDefinition(nameof(SharedGuest))]
public sealed class SharedGuestCollection : ICollectionFixture<SharedGuest>;
