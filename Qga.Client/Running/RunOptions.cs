namespace Qga.Client;

/// <summary>How a program runs in a guest.</summary>
public sealed record RunOptions
{
    /// <summary>
    /// What the program reads, to its end before it starts, unless <see cref="LiveInput"/>; null for nothing. It stays open. By <c>virsh:</c> it is
    /// among the arguments of a program of this host, for everybody there to see.
    /// </summary>
    public Stream? Input { get; init; }

    /// <summary>
    /// Whether the program starts before the input has ended, and reads it as it comes, a fifth of a second later at most. A read of the input is
    /// still under way when the program ends before it. The guest looks for more ten times a second then; it needs <c>mkfifo</c>.
    /// </summary>
    public bool LiveInput { get; init; }

    /// <summary>
    /// Variables that are added to the environment of the agent. Whoever lists processes may see them for a moment, in the guest, and on the host by
    /// <c>virsh:</c> and <c>qm:</c>: a secret belongs into the input.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>The directory that it runs in; null for the agent's, which is mostly <c>/</c>.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Whether what it prints as errors comes with its output, in the order in which it printed them.</summary>
    public bool MergeErrors { get; init; }

    /// <summary>How long it may run, from the first byte of its input on; null for ever, at most 30 days. It is ended as by a cancellation.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// Whether a cancellation ends the program, and what it has started: by TERM, and after <see cref="KillGrace"/> by KILL. Otherwise it runs on.
    /// </summary>
    public bool KillOnCancel { get; init; } = true;

    /// <summary>How long it may take to end after TERM; five seconds; at most 30 days.</summary>
    public TimeSpan KillGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Where in the guest its output is kept while it runs, all of it, in a directory of its own that only root may look into.</summary>
    public string ScratchDirectory { get; init; } = "/tmp";

    /// <summary>
    /// How much output is kept at most, where nobody hears of it meanwhile; in bytes; 256 MiB. A program that prints more is ended.
    /// </summary>
    public int MaxOutput { get; init; } = 256 << 20;

    /// <exception cref="ArgumentException">A time, a size or a name is none.</exception>
    internal static void Check(RunOptions options)
    {
        if (options.Timeout is { } time && (time <= TimeSpan.Zero || time > GuestAgentOptions.Longest))
            throw new ArgumentException($"{time} is no limit of time: more than nothing, and at most 30 days", nameof(options));
        if (options.KillGrace < TimeSpan.Zero || options.KillGrace > GuestAgentOptions.Longest)
            throw new ArgumentException($"{options.KillGrace} is no time to end in: at most 30 days", nameof(options));
        if (options.MaxOutput < 0)
            throw new ArgumentException($"a program can't print {options.MaxOutput} bytes", nameof(options));
        if (options.Environment?.Keys.FirstOrDefault(name => name.Length == 0 || name.Contains('=', StringComparison.Ordinal)) is { } bad)
            throw new ArgumentException($"'{bad}' is no name of a variable", nameof(options));
    }
}

/// <summary>Where a program prints to.</summary>
public enum GuestOutputKind
{
    /// <summary>Its standard output.</summary>
    Output,

    /// <summary>Its standard error output.</summary>
    Error,
}

/// <summary>Something that a program has printed.</summary>
public readonly struct GuestOutput
{
    /// <summary>Where.</summary>
    public required GuestOutputKind Kind { get; init; }

    /// <summary>The bytes; a character may be cut in the middle.</summary>
    public required ReadOnlyMemory<byte> Data { get; init; }
}

/// <summary>How a program has ended: by an exit code or by a signal.</summary>
public sealed record GuestExit
{
    /// <summary>Its exit code; null if a signal has ended it. As with a shell, 126 is a program that can't be run.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that has ended it; null if it has ended by itself.</summary>
    public int? Signal { get; init; }

    /// <summary>As a shell tells it: the exit code, or 128 and the signal.</summary>
    public int ShellCode => ExitCode ?? (128 + Signal.GetValueOrDefault());
}

/// <summary>A program that has run.</summary>
public sealed class GuestRunResult
{
    /// <summary>How it has ended.</summary>
    public required GuestExit Exit { get; init; }

    /// <summary>What it has printed; empty if somebody has heard of it meanwhile.</summary>
    public required byte[] Output { get; init; }

    /// <summary>What it has printed as errors; empty if that came with its output, or somebody has heard of it meanwhile.</summary>
    public required byte[] Errors { get; init; }
}

/// <summary>A run was given up. What became of the program is told.</summary>
public sealed class GuestRunCanceledException : OperationCanceledException
{
    internal GuestRunCanceledException(string message, long pid, bool stillRuns, CancellationToken cancellationToken)
        : base(message, cancellationToken) => (Pid, StillRuns) = (pid, stillRuns);

    /// <summary>The process in the guest.</summary>
    public long Pid { get; }

    /// <summary>Whether it may still run: it was not to be ended, or the guest could not be reached.</summary>
    public bool StillRuns { get; }
}
