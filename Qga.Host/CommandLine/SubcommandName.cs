namespace Qga.Host.CommandLine;

/// <summary>The first words of a command line that make the executable something else than the agent.</summary>
internal static class SubcommandName
{
    internal const string Status = "status";
    internal const string Check = "check";
    internal const string Thaw = "thaw";
    internal const string Schema = "schema";
    internal const string Policy = "policy";
    internal const string Audit = "audit";
    internal const string Metrics = "metrics";
    internal const string Freezes = "freezes";

    /// <summary>Whether a process's command line, the program's name included, begins with one.</summary>
    internal static bool Begins(IReadOnlyList<string> commandLine) =>
        commandLine is [_, Status or Check or Thaw or Schema or Policy or Audit or Metrics or Freezes, ..];
}
