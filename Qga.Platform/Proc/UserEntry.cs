namespace Qga.Platform.Proc;

/// <summary>A user, see passwd(5).</summary>
/// <param name="Name">The user's name.</param>
/// <param name="Id">The user's number.</param>
/// <param name="Group">The number of the group that comes with it.</param>
/// <param name="Home">The home directory; may be empty.</param>
/// <param name="Shell">The program that a login starts; empty for the system's own.</param>
internal sealed record UserEntry(string Name, uint Id, uint Group, string Home, string Shell);

/// <summary>A group, see group(5).</summary>
/// <param name="Name">The group's name.</param>
/// <param name="Id">The group's number.</param>
/// <param name="Members">The names of the users who are in it besides those whose own group it is.</param>
internal sealed record GroupEntry(string Name, uint Id, IReadOnlyList<string> Members);
