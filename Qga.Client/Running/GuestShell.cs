using System.Text;

namespace Qga.Client;

/// <summary>
/// Small scripts that the guest's own shell runs, for what the protocol has no command for. They need POSIX, and of coreutils or busybox
/// <c>readlink -f</c>, <c>stat -c</c> and <c>head -c</c>.
/// </summary>
internal static class GuestShell
{
    internal const string Program = "/bin/sh";

    /// <summary>
    /// The start of a script that takes the SHA-256 of its input by <c>sum</c>; <c>$by</c> is empty where nothing can. <c>openssl</c> is several
    /// times as fast as many a <c>sha256sum</c>.
    /// </summary>
    internal const string Sum = """
        by=
        ! command -v sha256sum > /dev/null || by=sha256sum
        ! openssl dgst -sha256 -r < /dev/null > /dev/null 2>&1 || by='openssl dgst -sha256 -r'
        sum() { $by | cut -c 1-64; }
        """;

    /// <summary>How often the end of something that goes on is asked for, at the end.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(250);

    /// <summary>How a script has ended, and what it has printed.</summary>
    internal sealed class Run(long exitCode, byte[] output, byte[] errors)
    {
        internal long ExitCode => exitCode;

        /// <summary>What it has printed, without the LFs at its end.</summary>
        /// <exception cref="QgaGuestException">It is no UTF-8: a name in it would be that of another file.</exception>
        internal string Output
        {
            get
            {
                try
                {
                    return StrictUtf8.Encoding.GetString(output).TrimEnd('\n');
                }
                catch (DecoderFallbackException failure)
                {
                    throw new QgaGuestException(
                        $"a name in the guest is not UTF-8, and can't be told here: '{Encoding.UTF8.GetString(output)}'", failure);
                }
            }
        }

        /// <summary>What it has printed, where that holds no names.</summary>
        internal string Text => Encoding.UTF8.GetString(output);

        internal string Errors { get; } = Encoding.UTF8.GetString(errors).TrimEnd('\n');

        /// <summary>What it has printed.</summary>
        /// <exception cref="QgaGuestException">It has failed.</exception>
        internal string Succeeded(string what) => ExitCode == 0 ? Output : throw new QgaGuestException($"{what}: {Reason}");

        internal string Reason => Errors.Length > 0 ? Errors : $"exit code {ExitCode}";
    }

    /// <summary>The arguments of <see cref="Program"/> for a script with arguments of its own.</summary>
    internal static string[] Arguments(string script, params IEnumerable<string> arguments) => ["-c", script, "sh", .. arguments];

    /// <summary>Runs a script to its end, however long that takes.</summary>
    /// <exception cref="QgaCommandException">The guest runs no programs for its host, or has no shell.</exception>
    internal static async Task<Run> RunAsync(GuestAgent guest, string script, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var words = Arguments(script, arguments);
        var started = await guest.ExecAsync(Program, words, captureOutput: GuestExecCaptureOutput.Separated, cancellationToken: cancellationToken)
            .ConfigureAwait(false);
        var pause = new Pause(guest);
        while (true)
        {
            var status = await guest.ExecStatusAsync(started.Pid, cancellationToken).ConfigureAwait(false);
            if (status.Exited)
                return new Run(ExitCodeOf(status.ExitCode, status.Signal), status.OutData ?? [], status.ErrData ?? []);
            await pause.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether the guest runs no programs for its host, or has no shell.</summary>
    internal static bool IsMissing(QgaCommandException failure) => failure.Command == "guest-exec"
        && (failure.IsUnavailable || failure.Description.Contains("Failed to execute child process", StringComparison.Ordinal));

    /// <summary>As a shell tells it: the exit code, or 128 and the signal.</summary>
    /// <exception cref="QgaProtocolException">There is neither; that is no success.</exception>
    internal static long ExitCodeOf(long? exitCode, long? signal) => exitCode ?? (128 + (signal
        ?? throw new QgaProtocolException("an answer says that a program has ended, and neither by which exit code nor by which signal")));

    /// <summary>The time between two questions: longer and longer while nothing happens.</summary>
    internal sealed class Pause(GuestAgent guest)
    {
        private TimeSpan _next = guest.Connection.Limits.ShortestWait;

        internal void Shorten() => _next = guest.Connection.Limits.ShortestWait;

        internal async Task WaitAsync(CancellationToken cancellationToken)
        {
            await Task.Delay(_next, guest.Clock, cancellationToken).ConfigureAwait(false);
            var longest = LongestWait > guest.Connection.Limits.ShortestWait ? LongestWait : guest.Connection.Limits.ShortestWait;
            _next = _next * 2 < longest ? _next * 2 : longest;
        }
    }
}
