namespace Qga.Testing;

/// <summary>The executable that is shipped: what QGA_BINARY names, else what <c>make publish</c> made.</summary>
public sealed class PublishedAgent(params string[] options) : AgentProcess(Executable, options)
{
    public static string Executable { get; } = Environment.GetEnvironmentVariable("QGA_BINARY") is { Length: > 0 } path
        ? path
        : Repository.PathOf("artifacts/publish/qga");

    /// <summary>Starts it on any channel, with its state in <paramref name="scratch"/>.</summary>
    public static RunningProcess Start(ScratchDirectory scratch, params string[] options) =>
        new(Executable, ["-t", scratch.Root, .. options], scratch.Root);
}
