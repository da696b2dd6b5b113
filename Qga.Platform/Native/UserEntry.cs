namespace Qga.Platform.Native;

/// <summary>A user as the name service has it, see passwd(5).</summary>
/// <param name="Name">The user's name.</param>
/// <param name="Id">The user's number.</param>
/// <param name="Group">The number of the group that comes with it.</param>
/// <param name="Home">The home directory; may be empty.</param>
/// <param name="Shell">The program that a login starts; empty for the system's own.</param>
internal sealed record UserEntry(string Name, uint Id, uint Group, string Home, string Shell);
