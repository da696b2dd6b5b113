namespace Qga.Platform.Users;

/// <summary>A user of the guest.</summary>
internal sealed record UserAccount(string Name, uint UserId, uint GroupId, string Home)
{
    /// <summary>All groups that the user is in, the one above too.</summary>
    public uint[] Groups { get; init; } = [GroupId];

    /// <summary>The program that a login runs; empty for the usual one.</summary>
    public string Shell { get; init; } = "";
}
