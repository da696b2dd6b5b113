using System.Globalization;

namespace Qga.Testing;

/// <summary>The process that has what an agent has started for its clients, and outlives the agent.</summary>
public static class KeeperProcess
{
    private const string Name = "qga-program-keeper";

    /// <summary>Those of all agents with that state directory.</summary>
    public static IReadOnlyList<int> Of(string stateDirectory) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(directory => int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var process) ? process : 0)
            .Where(process => process > 0 && IsOne(process, stateDirectory)),
    ];

    /// <summary>Ends them: each may have something to remember for minutes.</summary>
    public static void EndAllOf(string stateDirectory)
    {
        foreach (var process in Of(stateDirectory))
            Signal.Kill.TrySend(process);
    }

    private static bool IsOne(int process, string stateDirectory)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline") == $"{Name}\0{stateDirectory}\0";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
