using System.Diagnostics;

namespace Qga.Testing;

/// <summary>The real qemu-ga: what QGA_PEER names, else what <c>tests/get-peer</c> finds.</summary>
public sealed class PeerAgent : AgentUnderTest
{
    private static readonly Lazy<(string? Path, string? Reason)> Executable = new(Find);

    public PeerAgent(params string[] options)
        : this([], options)
    {
    }

    private PeerAgent(IEnumerable<string> launcher, string[] options)
        : base(Executable.Value.Path ?? throw Missing(), options, launcher)
    {
    }

    /// <summary>The command that runs it; null if there is none.</summary>
    public static string? Command => Executable.Value.Path;

    /// <summary>Why there is none, null when there is one.</summary>
    public static string? UnavailableReason => Executable.Value.Reason;

    /// <summary>Starts it by way of another program, as env(1).</summary>
    public static PeerAgent StartBy(IEnumerable<string> launcher, params string[] options) => new(launcher, options);

    private static InvalidOperationException Missing() => new(UnavailableReason);

    private static (string? Path, string? Reason) Find()
    {
        if (Environment.GetEnvironmentVariable("QGA_PEER") is { Length: > 0 } path)
            return File.Exists(path) ? (path, null) : (null, $"QGA_PEER names {path}, which does not exist");

        using var script = Process.Start(new ProcessStartInfo(Repository.PathOf("tests/get-peer"))
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = script.StandardError.ReadToEndAsync();
        var printed = script.StandardOutput.ReadToEnd().Trim();
        script.WaitForExit();
        return printed.Length > 0 ? (printed, null) : (null, errors.Result.Trim());
    }
}
