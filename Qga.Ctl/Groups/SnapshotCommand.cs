using System.ComponentModel;
using System.Diagnostics;
using Qga.Ctl.Native;

namespace Qga.Ctl.Groups;

/// <summary>A program that takes the snapshot. It has the terminal, or whatever the tool's streams are.</summary>
/// <param name="command">The program, and its arguments.</param>
/// <param name="output">Where its standard output goes instead, if ours has something else to say; null for ours.</param>
internal sealed class SnapshotCommand(IReadOnlyList<string> command, Stream? output = null) : ISnapshot, IAsyncDisposable
{
    /// <summary>How long it may take to end once it is told to, and its output to come after its end.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private Process? _process;
    private Task _copying = Task.CompletedTask;

    public async Task<SnapshotResult> TakeAsync(CancellationToken over)
    {
        // To start a program takes a moment, which is not the caller's.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            _process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1))
            {
                UseShellExecute = false,
                RedirectStandardOutput = output is not null,
            })!;
        }
        catch (Win32Exception cause)
        {
            return new SnapshotResult($"{command[0]} can't be run: {cause.Message}");
        }

        if (output is not null)
            _copying = _process.StandardOutput.BaseStream.CopyToAsync(output, CancellationToken.None);
        try
        {
            await _process.WaitForExitAsync(over).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await EndAsync(_process).ConfigureAwait(false);
            return new SnapshotResult("it was ended", _process.ExitCode);
        }

        return new SnapshotResult(_process.ExitCode == 0 ? null : $"exit code {_process.ExitCode}", _process.ExitCode);
    }

    /// <summary>Has the rest of its output copied. What it has left running in the background may keep that open, and is no part of it.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAny(_copying, Task.Delay(Grace)).ConfigureAwait(false);
        _process?.Dispose();
    }

    private static async Task EndAsync(Process process)
    {
        _ = LibC.kill(process.Id, LibC.SIGTERM);
        using var grace = new CancellationTokenSource(Grace);
        try
        {
            await process.WaitForExitAsync(grace.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }
}
