using System.Text;
using Qga.Client;

namespace Qga.Ctl.Guests;

/// <summary>Small scripts that the guest's own shell runs, for what the protocol has no command for. They print little.</summary>
internal static class GuestScript
{
    /// <summary>How much of its arguments one request takes, so that every way to a guest carries it; in bytes.</summary>
    private const int LongestArguments = 32 << 10;

    /// <summary>Runs a script to its end.</summary>
    /// <returns>What it has printed.</returns>
    /// <exception cref="QgaGuestException">It has failed; the message is what it has said.</exception>
    /// <exception cref="QgaCommandException">The guest runs no programs for its host; see <see cref="GuestShell.IsMissing"/>.</exception>
    internal static async Task<string> RunAsync(GuestAgent guest, string script, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var run = await GuestShell.RunAsync(guest, script, arguments, cancellationToken);
        if (run.ExitCode == 0)
            return run.Text;
        throw new QgaGuestException(run.Errors.Length > 0 ? run.Errors : $"a script in the guest has ended with exit code {run.ExitCode}");
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

    /// <summary>Runs a script for each of a list, one that fails or not, as often as it takes.</summary>
    /// <param name="guest">The guest.</param>
    /// <param name="script">The script.</param>
    /// <param name="items">The list.</param>
    /// <param name="arguments">The arguments of the script for one of them, always as many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>For each, what has gone wrong; empty for nothing.</returns>
    internal static async Task<IReadOnlyList<string>> RunForEachAsync<T>(
        GuestAgent guest, string script, IReadOnlyList<T> items, Func<T, string[]> arguments, CancellationToken cancellationToken)
    {
        if (items.Count == 0)
            return [];
        var loop = $$"""
            while [ $# -gt 0 ]; do
                if message=$({ {{script}}
                } 2>&1); then message=; else message=${message:-it has failed}; fi
                printf '%s\0' "$message"
                shift {{arguments(items[0]).Length}}
            done
            """;
        var printed = await RunForAllAsync(guest, loop, items, arguments, cancellationToken);
        var failures = printed.Split('\0');
        return failures.Length == items.Count + 1
            ? failures[..^1]
            : throw new QgaGuestException($"the guest's shell has told of {failures.Length - 1} paths, and was asked for {items.Count}");
    }
}
