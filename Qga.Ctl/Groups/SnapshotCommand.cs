using System.ComponentModel;
using System.Diagnostics;
using Qga.Ctl.Native;

namespace Qga.Ctl.Groups;

/// <summary>A program that takes the snapshot. It has the terminal, or whatever the tool's streams are.</summary>
/// <param name="command">The program, and its arguments.</param>
/// <param name="output">Where its standard output goes instead, if ours has something else to say; null for ours.</param>
internal sealed class SnapshotCommand(IReadOnlyList<string> command, Stream? output = null) : ISnapshot
{
    /// <summary>How long it may take to end once it is told to.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    public async Task<SnapshotResult> TakeAsync(CancellationToken over)
    {
        // To start a program takes a moment, which is not the caller's.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var process = TryStart(out var failure);
        if (process is null)
            return new SnapshotResult(failure);

        var copying = output is null ? Task.CompletedTask : process.StandardOutput.BaseStream.CopyToAsync(output, CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(over).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await EndAsync(process).ConfigureAwait(false);
            return new SnapshotResult("it was ended", process.ExitCode);
        }

        // What it has left running in the background may keep its output open, and is no part of it.
        await Task.WhenAny(copying, Task.Delay(Grace, over)).ConfigureAwait(false);
        return process.ExitCode == 0 ? new SnapshotResult(null, 0) : new SnapshotResult($"exit code {process.ExitCode}", process.ExitCode);
    }

    private Process? TryStart(out string? failure)
    {
        try
        {
            failure = null;
            return Process.Start(new ProcessStartInfo(command[0], command.Skip(1))
            {
                UseShellExecute = false,
                RedirectStandardOutput = output is not null,
            });
        }
        catch (Win32Exception cause)
        {
            failure = $"{command[0]} can't be run: {cause.Message}";
            return null;
        }
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
