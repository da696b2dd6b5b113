using System.Runtime.InteropServices;

namespace Qga.Ctl.Interruption;

/// <summary>
/// The signals that ask the tool to end: the first has it give up and clean up, a second one ends it at once. A verb may take them by itself.
/// </summary>
internal sealed class Signals : IDisposable
{
    /// <summary>The number of SIGINT.</summary>
    internal const int Interrupt = 2;

    /// <summary>SIGUSR1 and SIGUSR2 have no name in .NET.</summary>
    private const int SIGUSR1 = 10, SIGUSR2 = 12;

    private static readonly Dictionary<PosixSignal, (string Name, int Number)> Known = new()
    {
        [PosixSignal.SIGHUP] = ("HUP", 1),
        [PosixSignal.SIGINT] = ("INT", Interrupt),
        [PosixSignal.SIGQUIT] = ("QUIT", 3),
        [PosixSignal.SIGTERM] = ("TERM", 15),
        [(PosixSignal)SIGUSR1] = ("USR1", SIGUSR1),
        [(PosixSignal)SIGUSR2] = ("USR2", SIGUSR2),
    };

    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly CancellationTokenSource _cancel = new();
    private Action<string, int>? _taker;

    /// <summary>Is cancelled by the first signal that nobody else takes.</summary>
    internal CancellationToken Cancellation => _cancel.Token;

    /// <summary>The number of that signal; null as long as there was none.</summary>
    internal int? Received { get; private set; }

    /// <summary>Takes the process' signals, and keeps those of the terminal from the programs that it starts.</summary>
    internal static Signals Take()
    {
        var signals = new Signals();
        TerminalSignals.KeepFromChildren();
        signals.Register(PosixSignal.SIGHUP, PosixSignal.SIGINT, PosixSignal.SIGTERM);
        return signals;
    }

    /// <summary>Has somebody take the signals from now on, and those of users, too: their names as kill(1) has them, and numbers.</summary>
    internal void TakeBy(Action<string, int> taker)
    {
        Volatile.Write(ref _taker, taker);
        Register(PosixSignal.SIGQUIT, (PosixSignal)SIGUSR1, (PosixSignal)SIGUSR2);
    }

    /// <summary>What a signal does.</summary>
    /// <returns>Whether the process lives on.</returns>
    internal bool Receive(PosixSignal signal)
    {
        var (name, number) = Known[signal];
        if (Volatile.Read(ref _taker) is { } taker)
        {
            taker(name, number);
            return true;
        }

        if (Received is not null)
            return false;
        Received = number;
        _cancel.Cancel();
        return true;
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _cancel.Dispose();
    }

    private void Register(params ReadOnlySpan<PosixSignal> signals)
    {
        foreach (var signal in signals)
            _registrations.Add(PosixSignalRegistration.Create(signal, context => context.Cancel = Receive(signal)));
    }
}
