using System.Diagnostics;

namespace Qga.Client;

/// <summary>A program whose standard input and output are the stream, as <c>ssh</c> or <c>socat</c>. It ends with the stream.</summary>
internal sealed class ProgramStream : DuplexStream
{
    /// <summary>How long a program whose output has ended is waited for, and one whose input was closed.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly string _program;
    private readonly Process _process;
    private readonly ErrorExcerpt _errors;

    private ProgramStream(string program, Process process) =>
        (_program, _process, _errors) = (program, process, ErrorExcerpt.OfEnd(process.StandardError.BaseStream));

    internal static Task<Stream> StartAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult<Stream>(new ProgramStream(program, HostProgram.Start(program, arguments)));
    }

    /// <exception cref="IOException">The program has ended; the message has what it has said of it.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await _process.StandardOutput.BaseStream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        return count > 0 ? count : throw new IOException(await EndAsync().ConfigureAwait(false));
    }

    /// <exception cref="IOException">The program has ended; the message has what it has said of it.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await _process.StandardInput.BaseStream.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
            await _process.StandardInput.BaseStream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException failure)
        {
            throw new IOException(await EndAsync().ConfigureAwait(false), failure);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has closed its end before.
        }

        if (!await HasEndedAsync().ConfigureAwait(false))
            await HostProgram.EndAsync(_process).ConfigureAwait(false);
        _process.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<string> EndAsync()
    {
        if (!await HasEndedAsync().ConfigureAwait(false))
            return $"{_program} has closed its output";
        return $"{_program} has ended with exit code {_process.ExitCode}{_errors.AfterColon}";
    }

    private async Task<bool> HasEndedAsync()
    {
        using var grace = new CancellationTokenSource(Grace);
        try
        {
            await _process.WaitForExitAsync(grace.Token).ConfigureAwait(false);
            await ((Task)_errors.Ended.WaitAsync(grace.Token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
