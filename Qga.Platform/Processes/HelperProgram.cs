using Qga.Platform.Native;

namespace Qga.Platform.Processes;

/// <summary>A program of the guest that the agent runs to its end, which has a limit.</summary>
internal static class HelperProgram
{
    /// <summary>How long a killed program has for its end; one that is stuck in the kernel would not be in time for ours.</summary>
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(2);

    /// <summary>Runs a program in a session of its own.</summary>
    /// <param name="program">Its path; a plain name is looked up, see <see cref="SystemPrograms"/>.</param>
    /// <param name="arguments">What follows its name.</param>
    /// <param name="limit">How long it may run before it is killed, together with its process group.</param>
    /// <param name="input">What it reads; it need not read all of it.</param>
    /// <param name="environment">Strings that each end in NUL; null for our own environment.</param>
    /// <param name="partSize">How much of what it prints is kept, see <see cref="BoundedOutput"/>.</param>
    /// <param name="separatesErrors">
    /// Whether <see cref="HelperResult.Printed"/> is without what it prints on the error stream, which is then all of the output for people.
    /// </param>
    /// <exception cref="PlatformException">No process can be had, or nobody knows how it has ended.</exception>
    public static HelperResult Run(
        string program,
        IReadOnlyList<string> arguments,
        TimeSpan limit,
        ReadOnlyMemory<byte> input = default,
        byte[]? environment = null,
        int partSize = BoundedOutput.PartSize,
        bool separatesErrors = false)
    {
        var errno = ChildProcess.Start(
            new SpawnPlan(program, [program, .. arguments], environment ?? StringBlock.OfEnvironment()) { SearchPath = SystemPrograms.SearchPath },
            input,
            out var process,
            partSize,
            separatesErrors);
        if (errno is Errno.EAGAIN or Errno.ENOMEM)
            throw new SystemCallException(errno, "failed to create child process");
        if (process is null)
            return new HelperResult(IsInTime: true, ExitCode: 1, Signal: 0, $"failed to exec '{program}': {LibC.TextOf(errno)}\n") { HasRun = false };

        using (process)
        {
            var isInTime = process.WaitForEnd(limit);
            if (!isInTime)
            {
                process.Kill();
                process.WaitForEnd(KillPatience);
            }

            // The C strings of qemu-ga end at the first NUL.
            return new HelperResult(isInTime, process.ExitCode, process.Signal, process.Errors.Split('\0')[0]) { Printed = process.Printed };
        }
    }
}

/// <summary>How a helper has ended.</summary>
/// <param name="IsInTime">Whether it ended by itself; else it was killed.</param>
/// <param name="ExitCode">Means something if no signal has ended it. 1 for a program that can't be executed, as with qemu-ga.</param>
/// <param name="Signal">The signal that has ended it; 0 for none.</param>
/// <param name="Output">The beginning and the end of what it printed, on either stream, or on the one for errors if that is separate.</param>
internal sealed record HelperResult(bool IsInTime, int ExitCode, int Signal, string Output)
{
    /// <summary>Whether there is such a program.</summary>
    public bool HasRun { get; init; } = true;

    /// <summary>What it printed byte for byte, with what is behind a NUL too.</summary>
    public ReadOnlyMemory<byte> Printed { get; init; }

    /// <summary>What went wrong, in the words of qemu-ga; null if nothing did.</summary>
    /// <param name="action">What the helper was to do.</param>
    public string? Failure(string action) => this switch
    {
        { IsInTime: false } => With($"child process has not finished in time to {action}", Output),
        { Signal: not 0 } => With("child process has terminated abnormally", Output),
        { ExitCode: not 0 } => With($"child process has failed to {action}", Output.Length > 0 ? Output : $"exit status {ExitCode}"),
        _ => null,
    };

    /// <exception cref="PlatformException">It has failed.</exception>
    public void ThrowIfFailed(string action)
    {
        if (Failure(action) is { } failure)
            throw new PlatformException(failure);
    }

    private static string With(string what, string details) => details.Length > 0 ? $"{what}: {details}" : what;
}
