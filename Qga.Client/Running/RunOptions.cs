namespace Qga.Client;

/// <summary>How a program runs in a guest.</summary>
public sealed record RunOptions
{
    /// <summary>What the program reads, to its end before it starts, unless <see cref="LiveInput"/>; null for nothing. It stays open.</summary>
    public Stream? Input { get; init; }

    /// <summary>
    /// Whether the program starts before the input has ended, and reads it as it comes, a fifth of a second later at most. A read of the input is
    /// still under way when the program ends before it. The guest looks for more ten times a second then; it needs <c>mkfifo</c>.
    /// </summary>
    public bool LiveInput { get; init; }

    /// <summary>
    /// Variables that are added to the environment of the agent. Whoever lists processes may see them for a moment: a secret belongs into the input.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>The directory that it runs in; null for the agent's, which is mostly <c>/</c>.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Whether what it prints as errors comes with its output, in the order in which it printed them.</summary>
    public bool MergeErrors { get; init; }

    /// <summary>How long it may run; null for ever. It is ended as by a cancellation.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// Whether a cancellation ends the program, and what it has started: by TERM, and after <see cref="KillGrace"/> by KILL. Otherwise it runs on.
    /// </summary>
    public bool KillOnCancel { get; init; } = true;

    /// <summary>How long it may take to end after TERM; five seconds.</summary>
    public TimeSpan KillGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Where in the guest its output is kept while it runs, all of it, in a directory of its own that only root may look into.</summary>
    public string ScratchDirectory { get; init; } = "/tmp";
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
/// <param name="Kind">Where.</param>
/// <param name="Data">The bytes; a character may be cut in the middle.</param>
public readonly record struct GuestOutput(GuestOutputKind Kind, ReadOnlyMemory<byte> Data);

/// <summary>How a program has ended.</summary>
/// <param name="ExitCode">Its exit code; null if a signal has ended it. As with a shell, 126 is a program that can't be run.</param>
/// <param name="Signal">The signal that has ended it; null if it has ended by itself.</param>
public sealed record GuestExit(int? ExitCode, int? Signal)
{
    /// <summary>As a shell tells it: the exit code, or 128 and the signal.</summary>
    public int ShellCode => ExitCode ?? (128 + Signal.GetValueOrDefault());
}

/// <summary>A program that has run.</summary>
/// <param name="Exit">How it has ended.</param>
/// <param name="Output">What it has printed; empty if somebody has heard of it meanwhile.</param>
/// <param name="Errors">What it has printed as errors; empty if that came with its output, or somebody has heard of it meanwhile.</param>
public sealed record GuestRunResult(GuestExit Exit, byte[] Output, byte[] Errors);

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
