using System.Threading.Channels;
using Qga.Client;
using Qga.Ctl.Interruption;

namespace Qga.Ctl.Running;

/// <summary>
/// Sends the tool's signals on to a program in a guest. Who asks it to end again and again gets further each time: the signal itself, TERM,
/// KILL, and then the program is left to itself.
/// </summary>
internal sealed class ProgramControl : IAsyncDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly GuestProcess _process;
    private readonly Action<string> _note;
    private readonly Channel<string> _signals = Channel.CreateUnbounded<string>();
    private readonly CancellationTokenSource _leave = new();
    private readonly Timer? _limit;
    private readonly Task _sending;
    private int _requests;

    /// <param name="process">The program.</param>
    /// <param name="limit">How long it may run; null for ever.</param>
    /// <param name="signals">Where signals come from, from now on.</param>
    /// <param name="note">Tells people something.</param>
    internal ProgramControl(GuestProcess process, TimeSpan? limit, Signals signals, Action<string> note)
    {
        (_process, _note) = (process, note);
        _sending = SendAllAsync();
        signals.TakeBy(Take);
        if (signals.Received is { } early)
            Take("TERM", early);
        if (limit is not null)
            _limit = new Timer(_ => EndOverdue(), null, limit.Value, Grace);
    }

    /// <summary>Is cancelled when the program is to be left to itself.</summary>
    internal CancellationToken Leave => _leave.Token;

    /// <summary>The number of the last signal.</summary>
    internal int LastSignal { get; private set; }

    /// <summary>Whether the program was ended for its time.</summary>
    internal bool IsOverdue { get; private set; }

    /// <summary>Ends the program, as far as it can be reached.</summary>
    internal async Task EndAsync()
    {
        try
        {
            foreach (var signal in new[] { "TERM", "KILL" })
            {
                using var patience = new CancellationTokenSource(Grace);
                if (!await _process.KillAsync(signal, _leave.Token))
                    return;
                await ((Task)_process.WaitAsync(patience.Token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        catch (Exception failure) when (failure is QgaException or OperationCanceledException)
        {
            _note($"process {_process.Pid} may run on in the guest: {failure.Message}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_limit is not null)
            await _limit.DisposeAsync();
        _signals.Writer.Complete();
        await _leave.CancelAsync();
        await _sending;
        _leave.Dispose();
    }

    private void Take(string signal, int number)
    {
        LastSignal = number;
        if (signal is "USR1" or "USR2")
        {
            _signals.Writer.TryWrite(signal);
            return;
        }

        switch (Interlocked.Increment(ref _requests))
        {
            case 1: _signals.Writer.TryWrite(signal); break;
            case 2: _signals.Writer.TryWrite("TERM"); break;
            case 3: _signals.Writer.TryWrite("KILL"); break;
            default: _leave.Cancel(); break;
        }
    }

    private void EndOverdue()
    {
        _signals.Writer.TryWrite(IsOverdue ? "KILL" : "TERM");
        IsOverdue = true;
    }

    private async Task SendAllAsync()
    {
        await foreach (var signal in _signals.Reader.ReadAllAsync())
        {
            try
            {
                await _process.KillAsync(signal, _leave.Token);
            }
            catch (QgaException failure)
            {
                _note($"{signal} can't be sent: {failure.Message}");
            }
            catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
