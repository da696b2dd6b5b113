namespace Qga.Actors.Commands;

/// <summary>How much the guest's policy has refused. Any thread counts and reads.</summary>
public sealed class PolicyTally
{
    private long _refused;
    private long _tolerated;

    /// <summary>What was not done.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>What was done because the rules are not enforced.</summary>
    public long Tolerated => Interlocked.Read(ref _tolerated);

    internal void Count(bool isEnforced) => Interlocked.Increment(ref isEnforced ? ref _refused : ref _tolerated);
}
