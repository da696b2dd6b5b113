namespace Qga.Platform.Policy;

/// <summary>Whether there is a user of that name; null if nobody knows. May take seconds.</summary>
/// <param name="name">The name.</param>
/// <param name="id">Who it is, if there is one.</param>
public delegate bool? UserLookup(string name, out uint id);
