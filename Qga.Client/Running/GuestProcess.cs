using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Qga.Client;

/// <summary>
/// A program that runs in a guest, and what it prints while it does. No agent tells of output before the end, so a shell in the guest sends it
/// to two files, in a directory that is removed at the end, and they are read as they grow.
/// </summary>
public sealed class GuestProcess : IAsyncDisposable
{
    /// <summary>What stands before the reason why the program was not started.</summary>
    private const string Marker = "qga-run: ";

    /// <summary>
    /// Starts the program. Arguments: directory, working directory, input file, "live" if that grows, "merge", the program, "env" for variables, PATH
    /// if that is one; then the variables, the program and its arguments.
    /// </summary>
    /// <remarks>
    /// Variables are those of the program alone: the shell and what it calls have the agent's. Who feeds the program ends with it, or with the
    /// directory, and has none of the pipes that the agent reads.
    /// </remarks>
    internal const string Start = """
        feed() {
            trap '' HUP INT QUIT USR1 USR2
            exec 3< "$in"
            while [ -d "$dir" ] && kill -0 $$; do
                if [ -e "$dir/end" ]; then cat <&3; exit; fi
                cat <&3
                sleep 0.1 || sleep 1
            done
        }
        fail() { echo "qga-run: $2" >&2; exit "$1"; }
        dir=$1 cwd=$2 in=$3 live=$4 merge=$5 program=$6 env=$7 path=$8
        shift 8
        [ -n "$in" ] || mkdir -m 700 -- "$dir" || fail 126 "$dir can't be made"
        [ -z "$cwd" ] || cd "$cwd" || fail 126 "$cwd is no directory to run in"
        (PATH=${path:-$PATH}; command -v "$program" > /dev/null) || fail 127 "$program: not found"
        [ -z "$in" ] || [ -r "$in" ] || fail 126 "$in can't be read"
        if [ -n "$live" ]; then
            mkfifo -m 600 -- "$dir/pipe" || fail 126 "$dir/pipe can't be made"
            feed > "$dir/pipe" 2> /dev/null &
            in=$dir/pipe
        fi
        [ -z "$env" ] || set -- env -- "$@"
        [ -z "$in" ] || exec < "$in"
        [ -n "$merge" ] || exec "$@" > "$dir/out" 2> "$dir/err"
        exec "$@" > "$dir/out" 2>&1
        """;

    /// <summary>Sends a signal to a process, and to all that it has started and that is still there.</summary>
    private const string Kill = """
        below() { for child in $(cat /proc/"$1"/task/*/children 2> /dev/null); do echo "$child"; below "$child"; done; }
        others=$(below "$1")
        kill -s "$2" "$1" || exit
        for other in $others; do kill -s "$2" "$other" 2> /dev/null; done
        :
        """;

    private static readonly TimeSpan CleanPatience = TimeSpan.FromSeconds(5);

    private readonly GuestAgent _guest;
    private readonly string _program;
    private readonly string _directory;
    private readonly GuestInput _input;
    private readonly List<(GuestOutputKind Kind, string Path)> _unopened;
    private readonly List<(GuestOutputKind Kind, GuestFileHandle File)> _open = [];
    private readonly Lock _asks = new();
    private Task<GuestExecStatus>? _asking;
    private GuestExit? _exit;
    private bool _isDisposed;

    private GuestProcess(GuestAgent guest, string program, string directory, GuestInput input, long pid, bool isMerged)
    {
        (_guest, _program, _directory, _input, Pid) = (guest, program, directory, input, pid);
        _unopened = [(GuestOutputKind.Output, $"{directory}/out")];
        if (!isMerged)
            _unopened.Add((GuestOutputKind.Error, $"{directory}/err"));
    }

    /// <summary>Its process in the guest.</summary>
    public long Pid { get; }

    /// <summary>How it has ended; null as long as that is not known.</summary>
    public GuestExit? Exit => _exit;

    internal static async Task<GuestProcess> StartAsync(
        GuestAgent guest, string program, IEnumerable<string> arguments, RunOptions options, CancellationToken cancellationToken)
    {
        var directory = $"{options.ScratchDirectory.TrimEnd('/')}/qga-run-{Guid.NewGuid():n}";
        GuestInput? input = null;
        try
        {
            input = await GuestInput.PrepareAsync(guest, directory, options, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            string[] variables = [.. options.Environment?.Select(variable => $"{variable.Key}={variable.Value}") ?? []];
            string[] words =
            [
                directory, PlaceOf(options.WorkingDirectory), input.File ?? "", input.IsLive ? "live" : "", options.MergeErrors ? "merge" : "",
                program,
                variables.Length > 0 ? "env" : "", options.Environment?.GetValueOrDefault("PATH") ?? "", .. variables, program, .. arguments,
            ];

            // A start is not given up: nobody would know the process.
            var started = await guest.ExecAsync(
                GuestShell.Program, GuestShell.Arguments(Start, words), input: input.Data, captureOutput: GuestExecCaptureOutput.Separated,
                cancellationToken: CancellationToken.None).ConfigureAwait(false);
            return new GuestProcess(guest, program, directory, input, started.Pid, options.MergeErrors);
        }
        catch when (options.Input is not null)
        {
            if (input is not null)
                await input.DisposeAsync().ConfigureAwait(false);
            await RemoveAsync(guest, directory).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>What the program prints, as it comes, to the end of the program. It can be asked for once.</summary>
    /// <param name="cancellationToken">Gives up; the program runs on.</param>
    /// <exception cref="QgaGuestException">The program can't be started.</exception>
    /// <exception cref="QgaException">The guest can't be reached. The program runs on.</exception>
    public async IAsyncEnumerable<GuestOutput> ReadOutputAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var pause = new GuestShell.Pause(_guest);
        while (true)
        {
            await _input.ThrowIfFailedAsync().ConfigureAwait(false);

            // What it prints before its end is there once the end is known.
            var hasExited = await HasExitedAsync(cancellationToken).ConfigureAwait(false);
            var isNew = false;
            await OpenAsync(hasExited, cancellationToken).ConfigureAwait(false);
            foreach (var (kind, file) in _open)
            {
                bool isEnd;
                do
                {
                    (var bytes, isEnd) = await file.ReadChunkAsync(cancellationToken).ConfigureAwait(false);
                    if (bytes.Length > 0)
                        yield return new GuestOutput { Kind = kind, Data = bytes };
                    isNew |= bytes.Length > 0;
                }
                while (hasExited && !isEnd);
            }

            if (hasExited)
                yield break;
            if (isNew)
                pause.Shorten();
            else
                await pause.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for the end, without the output.</summary>
    /// <param name="cancellationToken">Gives up; the program runs on.</param>
    /// <exception cref="QgaGuestException">The program can't be started.</exception>
    /// <exception cref="QgaException">The guest can't be reached. The program runs on.</exception>
    public async Task<GuestExit> WaitAsync(CancellationToken cancellationToken = default)
    {
        var pause = new GuestShell.Pause(_guest);
        while (!await HasExitedAsync(cancellationToken).ConfigureAwait(false))
        {
            await _input.ThrowIfFailedAsync().ConfigureAwait(false);
            await pause.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        return _exit!;
    }

    /// <summary>Sends a signal to the program and to all that it has started; also while its output is read.</summary>
    /// <param name="signal">Its name, as kill(1) takes it: TERM, KILL, INT, HUP, ...</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>False if it has ended.</returns>
    /// <exception cref="QgaException">The guest can't be reached.</exception>
    public async Task<bool> KillAsync(string signal = "TERM", CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(signal);
        if (await HasExitedAsync(cancellationToken).ConfigureAwait(false))
            return false;
        string[] arguments = [Pid.ToString(CultureInfo.InvariantCulture), signal];
        var run = await GuestShell.RunAsync(_guest, Kill, arguments, cancellationToken).ConfigureAwait(false);
        return run.ExitCode == 0 || (await HasExitedAsync(cancellationToken).ConfigureAwait(false)
            ? false
            : throw new QgaGuestException($"process {Pid} can't be sent {signal}: {run.Reason}"));
    }

    /// <summary>Removes what was kept of the output. A program that still runs goes on, and nobody hears of it any more.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        await _input.DisposeAsync().ConfigureAwait(false);
        foreach (var (_, file) in _open)
            await file.DisposeAsync().ConfigureAwait(false);
        lock (_asks)
        {
            if (_asking is not null)
                AbandonedWork.Forget(_asking);
        }

        await RemoveAsync(_guest, _directory).ConfigureAwait(false);
    }

    /// <summary>Ends the program: by TERM, and by KILL if that does not do.</summary>
    /// <returns>Whether it has ended.</returns>
    internal async Task<bool> TryEndAsync(TimeSpan grace)
    {
        try
        {
            foreach (var (signal, patience) in new[] { ("TERM", grace), ("KILL", CleanPatience) })
            {
                using var reach = new CancellationTokenSource(CleanPatience, _guest.Clock);
                if (!await KillAsync(signal, reach.Token).ConfigureAwait(false))
                    return true;
                using var limit = new CancellationTokenSource(patience, _guest.Clock);
                try
                {
                    await WaitAsync(limit.Token).ConfigureAwait(false);
                    return true;
                }
                catch (OperationCanceledException)
                {
                    // The next signal is one that it can't pass over.
                }
            }
        }
        catch (Exception failure) when (failure is QgaException or OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }

        return false;
    }

    private static async Task RemoveAsync(GuestAgent guest, string directory)
    {
        using var limit = new CancellationTokenSource(CleanPatience, guest.Clock);
        try
        {
            _ = await GuestShell.RunAsync(guest, """rm -rf -- "$1" """, [directory], limit.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is QgaException or OperationCanceledException or ObjectDisposedException)
        {
            // A guest that can't be reached keeps a directory in its scratch place.
        }
    }

    /// <summary>What cd(1) takes for no option, and looks for in no other place.</summary>
    private static string PlaceOf(string? directory) => directory is null or "" or ['/', ..] ? directory ?? "" : $"./{directory}";

    private async Task<bool> HasExitedAsync(CancellationToken cancellationToken)
    {
        // qemu-ga tells an end once: a question is never given up, only left to the next who asks, or shared by two.
        Task<GuestExecStatus> asked;
        lock (_asks)
        {
            if (_exit is not null)
                return true;
            asked = _asking ??= _guest.ExecStatusAsync(Pid, CancellationToken.None);
        }

        await ((Task)asked.WaitAsync(cancellationToken)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var status = await asked.ConfigureAwait(false);
            if (!status.Exited)
                return false;
            if (ReasonOf(status) is { } reason)
                throw new QgaGuestException($"{_program} can't be run: {reason}");
            _exit = ExitOf(status);
            return true;
        }
        finally
        {
            lock (_asks)
            {
                if (_asking == asked)
                    _asking = null;
            }
        }
    }

    /// <summary>Why the script has not started the program; null if it has. What else a shell says are warnings.</summary>
    private static string? ReasonOf(GuestExecStatus status)
    {
        if (status is not { ExitCode: 126 or 127, ErrData: { } errors })
            return null;
        string[] lines = Encoding.UTF8.GetString(errors).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Any(line => line.StartsWith(Marker, StringComparison.Ordinal))
            ? string.Join("; ", lines.Select(line => line.StartsWith(Marker, StringComparison.Ordinal) ? line[Marker.Length..] : line))
            : null;
    }

    /// <exception cref="QgaProtocolException">It is neither an exit code nor a signal.</exception>
    private static GuestExit ExitOf(GuestExecStatus status) => status switch
    {
        { ExitCode: >= int.MinValue and <= uint.MaxValue and var code } => new GuestExit { ExitCode = unchecked((int)code) },
        { ExitCode: null, Signal: > 0 and < 128 and var signal } => new GuestExit { Signal = (int)signal },
        _ => throw new QgaProtocolException($"a program has ended with exit code '{status.ExitCode}' and signal '{status.Signal}', says an answer"),
    };

    /// <summary>Opens the files that the shell has made by now.</summary>
    private async Task OpenAsync(bool hasExited, CancellationToken cancellationToken)
    {
        foreach (var (kind, path) in _unopened.ToArray())
        {
            try
            {
                _open.Add((kind, await GuestFileHandle.OpenAsync(_guest, path, GuestFileMode.R, cancellationToken).ConfigureAwait(false)));
                _unopened.RemoveAll(file => file.Path == path);
            }
            catch (QgaCommandException failure) when (!hasExited && !failure.IsUnavailable)
            {
                return;     // they are made in this order
            }
        }
    }
}
