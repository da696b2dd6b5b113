namespace Qga.Actors.Freeze;

/// <summary>What is asked of the freeze actor beside its commands.</summary>
public static class FreezeProtocol
{
    /// <summary>The agent ends: thaw the guest if it is frozen, then tell the sender <see cref="Left"/>.</summary>
    public sealed record Leave
    {
        public static readonly Leave Instance = new();
    }

    /// <summary>The guest is thawed, as far as that could be done.</summary>
    public sealed record Left
    {
        public static readonly Left Instance = new();
    }
}
