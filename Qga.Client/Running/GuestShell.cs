using System.Text;

namespace Qga.Client;

/// <summary>Small scripts that the guest's own shell runs, for what the protocol has no command for. They need POSIX and no more.</summary>
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
    internal sealed record Run(long ExitCode, string Output, string Errors)
    {
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
                return new Run(status.ExitCode ?? (128 + status.Signal ?? 0), TextOf(status.OutData), TextOf(status.ErrData));
            await pause.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether the guest runs no programs for its host, or has no shell.</summary>
    internal static bool IsMissing(QgaCommandException failure) => failure.Command == "guest-exec"
        && (failure.IsUnavailable || failure.Description.Contains("Failed to execute child process", StringComparison.Ordinal));

    private static string TextOf(byte[]? output) => Encoding.UTF8.GetString(output ?? []).TrimEnd('\n');

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
