using System.Text;
using Qga.Client;

namespace Qga.Ctl.Guests;

/// <summary>Small scripts that the guest's own shell runs, for what the protocol has no command for. They print little.</summary>
internal static class GuestScript
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);

    /// <summary>How much of its arguments one request takes, so that every way to a guest carries it; in bytes.</summary>
    private const int LongestArguments = 32 << 10;

    /// <summary>Runs a script to its end.</summary>
    /// <returns>What it has printed.</returns>
    /// <exception cref="QgaGuestException">It has failed; the message is what it has said.</exception>
    /// <exception cref="QgaCommandException">The guest runs no programs for its host; see <see cref="IsMissing"/>.</exception>
    internal static async Task<string> RunAsync(GuestAgent guest, string script, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var started = await guest.ExecAsync(
            "/bin/sh", ["-c", script, "sh", .. arguments], captureOutput: GuestExecCaptureOutput.Separated, cancellationToken: cancellationToken);
        for (var pause = ShortestPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            var status = await guest.ExecStatusAsync(started.Pid, cancellationToken);
            if (!status.Exited)
            {
                await Task.Delay(pause, cancellationToken);
                continue;
            }

            if (status.ExitCode == 0)
                return Encoding.UTF8.GetString(status.OutData ?? []);
            var reason = Encoding.UTF8.GetString(status.ErrData ?? []).Trim();
            throw new QgaGuestException(reason.Length > 0 ? reason : $"a script in the guest has ended with exit code {status.ExitCode}");
        }
    }

    /// <summary>Runs a script as often as it takes to give it all of a list, some at a time.</summary>
    /// <returns>What they have printed, one behind the other.</returns>
    internal static async Task<string> RunForAllAsync<T>(
        GuestAgent guest, string script, IEnumerable<T> items, Func<T, string[]> arguments, CancellationToken cancellationToken)
    {
        var printed = new StringBuilder();
        List<string> words = [];
        var size = 0;
        foreach (var item in items)
        {
            var more = arguments(item);
            var length = more.Sum(word => Encoding.UTF8.GetByteCount(word) + 3);
            if (size + length > LongestArguments && words.Count > 0)
                await RunAsync();
            words.AddRange(more);
            size += length;
        }

        if (words.Count > 0)
            await RunAsync();
        return printed.ToString();

        async Task RunAsync()
        {
            printed.Append(await GuestScript.RunAsync(guest, script, words, cancellationToken));
            words.Clear();
            size = 0;
        }
    }

    /// <summary>Whether the guest runs no programs for its host, or has no shell.</summary>
    internal static bool IsMissing(QgaCommandException failure) => failure.Command == "guest-exec"
        && (failure.IsUnavailable || failure.Description.Contains("Failed to execute child process", StringComparison.Ordinal));
}
