using System.ComponentModel;
using System.Diagnostics;
using Qga.Client;
using Qga.Ctl.CommandLine;
using Qga.Ctl.Interruption;
using Qga.Ctl.Native;

namespace Qga.Ctl.Groups;

/// <summary>
/// A program that takes the snapshot. It has the terminal, or whatever the tool's streams are, and the signals that a shell would leave it.
/// </summary>
/// <param name="command">The program, and its arguments.</param>
/// <param name="output">Where its standard output goes instead, if ours has something else to say; null for ours.</param>
internal sealed class SnapshotCommand(IReadOnlyList<string> command, Stream? output = null) : ISnapshot, IAsyncDisposable
{
    /// <summary>How long it may take to end once it is told to, and its output to come after its end.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>What all that it starts has in its environment.</summary>
    private const string Mark = "QGACTL_SNAPSHOT";

    private readonly string _path = PathOf(command[0]);
    private Process? _process;
    private Task _copying = Task.CompletedTask;

    public async Task<SnapshotResult> TakeAsync(CancellationToken over)
    {
        // To start a program takes a moment, which is not the caller's.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        LibC.AdoptOrphans();
        try
        {
            var start = new ProcessStartInfo(_path, command.Skip(1)) { UseShellExecute = false, RedirectStandardOutput = output is not null };
            start.Environment[Mark] = $"{Environment.ProcessId}";
            _process = await TerminalSignals.StartAsUsualAsync(start).ConfigureAwait(false);
        }
        catch (Win32Exception cause)
        {
            return new SnapshotResult($"{command[0]} can't be run: {cause.Message}");
        }

        if (output is not null)
            _copying = _process.StandardOutput.BaseStream.CopyToAsync(output, CancellationToken.None);
        var tree = new ProcessTree(_process.Id, $"{Mark}={Environment.ProcessId}");
        try
        {
            await _process.WaitForExitAsync(over).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return await EndAsync(tree).ConfigureAwait(false)
                ? new SnapshotResult("it was ended", _process.ExitCode)
                : new SnapshotResult($"it was killed, and does not end: {string.Join(", ", tree.Alive())}");
        }

        return new SnapshotResult(_process.ExitCode == 0 ? null : $"exit code {_process.ExitCode}", _process.ExitCode) { LeftRunning = tree.Alive() };
    }

    /// <summary>Has the rest of its output copied. What it has left running in the background may keep that open, and is no part of it.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAny(_copying, Task.Delay(Grace)).ConfigureAwait(false);
        _process?.Dispose();
    }

    /// <summary>Where it is: by PATH alone, where the runtime would take one of the current directory first.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    private static string PathOf(string program)
    {
        if (program.Length == 0)
            throw new UsageException("the name of the program is empty");
        var path = HostProgram.TryPathOf(program) ?? throw new UsageException($"there is no '{program}' in PATH");
        return HostProgram.IsExecutable(path) ? path : throw new UsageException($"{program} is no program: there is no file that can be executed");
    }

    /// <summary>Ends it with all that it has started: by TERM, and by KILL once the grace is over.</summary>
    /// <returns>Whether all of it has ended.</returns>
    private async Task<bool> EndAsync(ProcessTree tree)
    {
        HashSet<int> told = [];
        foreach (var signal in (int[])[LibC.SIGTERM, LibC.SIGKILL])
        {
            told.Clear();
            for (var waited = Stopwatch.StartNew(); waited.Elapsed < Grace; await Task.Delay(Pause).ConfigureAwait(false))
            {
                var alive = tree.Alive();
                if (alive.Count == 0)
                {
                    await _process!.WaitForExitAsync().ConfigureAwait(false);
                    return true;
                }

                // What has begun meanwhile is told, too.
                foreach (var process in alive.Where(told.Add))
                    _ = LibC.kill(process, signal);
            }
        }

        return false;
    }
}
