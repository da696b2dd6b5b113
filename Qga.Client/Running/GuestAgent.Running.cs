using System.Diagnostics.CodeAnalysis;

namespace Qga.Client;

public sealed partial class GuestAgent
{
    /// <summary>Runs a program in the guest to its end, as root.</summary>
    /// <param name="path">The program, or a name in the PATH of the agent.</param>
    /// <param name="arguments">Its arguments; null for none.</param>
    /// <param name="options">How; null for what is usual.</param>
    /// <param name="onOutput">
    /// Hears what it prints, soon after; what it throws ends the run as a cancellation does. Null has the output kept and returned, in memory, up to
    /// <see cref="RunOptions.MaxOutput"/>.
    /// </param>
    /// <param name="cancellationToken">Gives up, and ends the program, unless the options say otherwise.</param>
    /// <returns>How it has ended; an exit code that is not 0 is no exception.</returns>
    /// <exception cref="GuestRunCanceledException">It was given up.</exception>
    /// <exception cref="QgaTimeoutException">It has not ended in <see cref="RunOptions.Timeout"/>, or the guest does not answer.</exception>
    /// <exception cref="QgaGuestException">It can't be started, as there is no such program; or it has printed too much.</exception>
    /// <exception cref="QgaCommandException">The guest runs no programs for its host.</exception>
    /// <exception cref="QgaException">The guest can't be reached. The program may run on.</exception>
    /// <exception cref="ArgumentException">The options make no sense.</exception>
    /// <remarks>The guest needs <c>/bin/sh</c>; <see cref="GuestCommands.ExecAsync"/> needs none, and tells of output at the end.</remarks>
    public async Task<GuestRunResult> RunAsync(
        string path,
        IEnumerable<string>? arguments = null,
        RunOptions? options = null,
        Action<GuestOutput>? onOutput = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new RunOptions();
        RunOptions.Check(options);
        using var limit = options.Timeout is { } time ? new CancellationTokenSource(time, Clock) : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        using MemoryStream output = new(), errors = new();
        var process = await StartAsync().ConfigureAwait(false);
        await using (process.ConfigureAwait(false))
        {
            try
            {
                await foreach (var chunk in process.ReadOutputAsync(either.Token).ConfigureAwait(false))
                    await HearAsync(process, chunk).ConfigureAwait(false);
                return new GuestRunResult { Exit = process.Exit!, Output = output.ToArray(), Errors = errors.ToArray() };
            }
            catch (OperationCanceledException) when (either.IsCancellationRequested)
            {
                await ThrowEndedAsync(process, path, options, cancellationToken).ConfigureAwait(false);
                throw;
            }
        }

        async Task<GuestProcess> StartAsync()
        {
            try
            {
                return await this.StartAsync(path, arguments, options, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellationToken);
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested)
            {
                throw new QgaTimeoutException(
                    $"{path} was not started within {options.Timeout!.Value.TotalSeconds} s: its input has taken that long");
            }
        }

        QgaGuestException TooMuch() =>
            new($"{path} has printed more than the {options.MaxOutput} bytes that are kept ({nameof(RunOptions.MaxOutput)})");

        async Task HearAsync(GuestProcess process, GuestOutput chunk)
        {
            try
            {
                if (onOutput is not null)
                    onOutput(chunk);
                else if (output.Length + errors.Length + chunk.Data.Length <= options.MaxOutput)
                    (chunk.Kind == GuestOutputKind.Output ? output : errors).Write(chunk.Data.Span);
                else
                    throw TooMuch();
            }
            catch when (options.KillOnCancel)
            {
                // Nobody else knows of the program.
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
    /// <exception cref="ArgumentException">The options make no sense.</exception>
    public Task<GuestProcess> StartAsync(
        string path, IEnumerable<string>? arguments = null, RunOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (path[0] == '-')
            throw new ArgumentException($"a shell would take the program '{path}' for an option", nameof(path));
        options ??= new RunOptions();
        RunOptions.Check(options);
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
