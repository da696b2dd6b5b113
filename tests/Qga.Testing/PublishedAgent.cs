namespace Qga.Testing;

/// <summary>The executable that is shipped: what QGA_BINARY names, else what <c>make publish</c> made.</summary>
public sealed class PublishedAgent : AgentUnderTest
{
    public PublishedAgent(params string[] options)
        : this([], options)
    {
    }

    private PublishedAgent(IEnumerable<string> launcher, string[] options, string? executable = null)
        : base(executable ?? Executable, options, launcher)
    {
    }

    public static string Executable { get; } = Environment.GetEnvironmentVariable("QGA_BINARY") is { Length: > 0 } path
        ? path
        : Repository.PathOf("artifacts/publish/qga");

    /// <summary>Starts another executable of ours.</summary>
    public static PublishedAgent StartOf(string executable, params string[] options) => new([], options, executable);

    /// <summary>Starts it by way of another program, as env(1).</summary>
    public static PublishedAgent StartBy(IEnumerable<string> launcher, params string[] options) => new(launcher, options);

    /// <summary>Starts it where no other agent is, so that nobody who asks every agent of the machine asks it.</summary>
    public static PublishedAgent StartAlone(params string[] options) => new(Alone, options);

    /// <summary>
    /// Programs with their arguments that become an agent with a directory for control sockets of its own, which it has as root. What is
    /// mounted on the machine later need not be there.
    /// </summary>
    public static IEnumerable<string> Alone => !Environment.IsPrivilegedProcess ? [] :
    [
        "unshare", "--mount", "sh", "-c",
        "mkdir -p -m 700 /run/qga && mount -t tmpfs -o mode=700 qga /run/qga && exec \"$@\"", "sh",
    ];

    /// <summary>Starts it on any channel, with its state in <paramref name="scratch"/>.</summary>
    public static RunningProcess Start(ScratchDirectory scratch, params string[] options) =>
        new(Executable, ["-t", scratch.Root, .. options], scratch.Root);
}
