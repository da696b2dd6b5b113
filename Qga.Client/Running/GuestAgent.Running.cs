using System.Diagnostics.CodeAnalysis;

namespace Qga.Client;

public sealed partial class GuestAgent
{
    /// <summary>Runs a program in the guest to its end, as root.</summary>
    /// <param name="path">The program, or a name in the PATH of the agent.</param>
    /// <param name="arguments">Its arguments; null for none.</param>
    /// <param name="options">How; null for what is usual.</param>
    /// <param name="onOutput">
    /// Hears what it prints, soon after; what it throws ends the run as a cancellation does. Null has the output kept and returned, in memory.
    /// </param>
    /// <param name="cancellationToken">Gives up, and ends the program, unless the options say otherwise.</param>
    /// <returns>How it has ended; an exit code that is not 0 is no exception.</returns>
    /// <exception cref="GuestRunCanceledException">It was given up.</exception>
    /// <exception cref="QgaTimeoutException">It has not ended in <see cref="RunOptions.Timeout"/>, or the guest does not answer.</exception>
    /// <exception cref="QgaGuestException">It can't be started: there is no such program.</exception>
    /// <exception cref="QgaCommandException">The guest runs no programs for its host.</exception>
    /// <exception cref="QgaException">The guest can't be reached. The program may run on.</exception>
    /// <remarks>The guest needs <c>/bin/sh</c>; <see cref="GuestCommands.ExecAsync"/> needs none, and tells of output at the end.</remarks>
    public async Task<GuestRunResult> RunAsync(
        string path,
        IEnumerable<string>? arguments = null,
        RunOptions? options = null,
        Action<GuestOutput>? onOutput = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new RunOptions();
        using var limit = options.Timeout is { } time ? new CancellationTokenSource(time, Clock) : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        using MemoryStream output = new(), errors = new();
        onOutput ??= chunk => (chunk.Kind == GuestOutputKind.Output ? output : errors).Write(chunk.Data.Span);

        var process = await StartAsync(path, arguments, options, cancellationToken).ConfigureAwait(false);
        await using (process.ConfigureAwait(false))
        {
            try
            {
                await foreach (var chunk in process.ReadOutputAsync(either.Token).ConfigureAwait(false))
                    onOutput(chunk);
                return new GuestRunResult(process.Exit!, output.ToArray(), errors.ToArray());
            }
            catch (OperationCanceledException) when (either.IsCancellationRequested)
            {
                await ThrowEndedAsync(process, path, options, cancellationToken).ConfigureAwait(false);
                throw;
            }
            catch (Exception failure) when (failure is not QgaException && options.KillOnCancel)
            {
                // Who hears the output has failed, and nobody else knows of the program.
                await process.TryEndAsync(options.KillGrace).ConfigureAwait(false);
                throw;
            }
        }
    }

    /// <summary>Starts a program in the guest, as root.</summary>
    /// <param name="path">The program, or a name in the PATH of the agent.</param>
    /// <param name="arguments">Its arguments; null for none.</param>
    /// <param name="options">
    /// How; null for what is usual. <see cref="RunOptions.Timeout"/> and the end of a run that is given up are the caller's own affair.
    /// </param>
    /// <param name="cancellationToken">Gives up, before the program has started.</param>
    /// <exception cref="QgaCommandException">The guest runs no programs for its host.</exception>
    /// <exception cref="QgaException">The guest can't be reached.</exception>
    public Task<GuestProcess> StartAsync(
        string path, IEnumerable<string>? arguments = null, RunOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (path[0] == '-')
            throw new ArgumentException($"a shell would take the program '{path}' for an option", nameof(path));
        options ??= new RunOptions();
        if (options.Environment?.Keys.FirstOrDefault(name => name.Length == 0 || name.Contains('=', StringComparison.Ordinal)) is { } bad)
            throw new ArgumentException($"'{bad}' is no name of a variable", nameof(options));
        return GuestProcess.StartAsync(this, path, arguments ?? [], options, cancellationToken);
    }

    [DoesNotReturn]
    private static async Task ThrowEndedAsync(GuestProcess process, string path, RunOptions options, CancellationToken cancellationToken)
    {
        var hasEnded = options.KillOnCancel && await process.TryEndAsync(options.KillGrace).ConfigureAwait(false);
        var outcome = hasEnded ? "it was ended" : $"it runs on in the guest, as process {process.Pid}";
        if (!cancellationToken.IsCancellationRequested)
            throw new QgaTimeoutException($"{path} has not ended within {options.Timeout!.Value.TotalSeconds} s: {outcome}");
        throw new GuestRunCanceledException($"the run of {path} was given up: {outcome}", process.Pid, !hasEnded, cancellationToken);
    }
}
