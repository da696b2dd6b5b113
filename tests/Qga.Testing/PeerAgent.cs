using System.Collections.Concurrent;
using System.Diagnostics;

namespace Qga.Testing;

/// <summary>The real qemu-ga: what QGA_PEER names, else what <c>tests/get-peer</c> finds.</summary>
public sealed class PeerAgent : AgentUnderTest
{
    /// <summary>The suite of Debian with the newest.</summary>
    private const string Newest = "sid";

    private static readonly ConcurrentDictionary<string, Lazy<(string? Path, string? Reason)>> Executables = [];

    public PeerAgent(params string[] options)
        : this([], options)
    {
    }

    private PeerAgent(IEnumerable<string> launcher, string[] options, string suite = Newest)
        : base(Executable(suite).Path ?? throw new InvalidOperationException(ReasonWithout(suite)), options, launcher)
    {
    }

    /// <summary>The command that runs it; null if there is none.</summary>
    public static string? Command => Executable(Newest).Path;

    /// <summary>Why there is none, null when there is one.</summary>
    public static string? UnavailableReason => ReasonWithout(Newest);

    /// <summary>Why there is none of a suite of Debian, null when there is one.</summary>
    public static string? ReasonWithout(string suite) => Executable(suite).Reason;

    /// <summary>Starts that of a suite of Debian.</summary>
    public static PeerAgent StartOf(string suite, params string[] options) => new([], options, suite);

    /// <summary>Starts it by way of another program, as env(1).</summary>
    public static PeerAgent StartBy(IEnumerable<string> launcher, params string[] options) => new(launcher, options);

    private static (string? Path, string? Reason) Executable(string suite) =>
        Executables.GetOrAdd(suite, _ => new Lazy<(string? Path, string? Reason)>(() => Find(suite))).Value;

    private static (string? Path, string? Reason) Find(string suite)
    {
        if (suite == Newest && Environment.GetEnvironmentVariable("QGA_PEER") is { Length: > 0 } path)
            return File.Exists(path) ? (path, null) : (null, $"QGA_PEER names {path}, which does not exist");

        using var script = Process.Start(new ProcessStartInfo(Repository.PathOf("tests/get-peer"), suite == Newest ? [] : [suite])
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
