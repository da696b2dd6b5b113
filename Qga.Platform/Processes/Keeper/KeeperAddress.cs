using System.Globalization;
using Qga.Platform.Native;
using Qga.Platform.State;

namespace Qga.Platform.Processes.Keeper;

/// <summary>
/// Where an agent finds the program keepers of the agents before it: unix sockets in a directory that is root's alone, by state directory,
/// so that no two agents of a guest mix theirs up, and process. Others than root have none.
/// </summary>
internal static class KeeperAddress
{
    private const string Prefix = "keeper-";

    /// <summary>The address of a keeper, in a directory that is made if it is missing.</summary>
    /// <returns>Null if there can be none.</returns>
    internal static string? Make(string stateDirectory, int process) => IdOf(stateDirectory) is { } id && RuntimeDirectory.TryMake(isFrozen: false)
        ? $"{RuntimeDirectory.Path}/{Prefix}{id}-{process.ToString(CultureInfo.InvariantCulture)}"
        : null;

    /// <summary>The addresses of keepers for a state directory, also of those that were killed.</summary>
    internal static IReadOnlyList<string> All(string stateDirectory) =>
        Environment.IsPrivilegedProcess && IdOf(stateDirectory) is { } id && LibC.List(RuntimeDirectory.Path, out var names) == Errno.Success
            ? [.. names.Where(name => name.StartsWith($"{Prefix}{id}-", StringComparison.Ordinal)).Select(name => $"{RuntimeDirectory.Path}/{name}")]
            : [];

    /// <summary>The directory is one whatever the path to it is.</summary>
    private static string? IdOf(string stateDirectory) =>
        LibC.Status(stateDirectory, out var status) == Errno.Success ? status.Identity : null;
}
