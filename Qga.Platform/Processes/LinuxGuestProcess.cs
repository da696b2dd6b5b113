using System.Globalization;
using Qga.Platform.Native;
using Qga.Platform.Proc;
using Qga.Platform.Streams;

namespace Qga.Platform.Processes;

/// <summary>A child of ours whose end and whose output the poller tells. It needs no thread and no look from time to time.</summary>
internal sealed class LinuxGuestProcess
{
    private readonly CapturedOutput? _out;
    private readonly CapturedOutput? _error;
    private readonly CaptureBudget _budget;
    private readonly TaskCompletionSource _gone = new();
    private LinkedListNode<Action>? _eviction;

    /// <param name="process">The child, which nobody else waits for.</param>
    /// <param name="ends">Our ends of its pipes, taken over.</param>
    /// <param name="input">What the child reads, if it has an input.</param>
    /// <param name="budget">For the output that is kept.</param>
    /// <param name="limit">When it is ended, with all of the process group that it leads; null for never.</param>
    public LinuxGuestProcess(int process, ChildPipes.OurEnds ends, ReadOnlyMemory<byte> input, CaptureBudget budget, TimeSpan? limit = null)
    {
        Id = process;
        _budget = budget;
        if (ends.Input is { } inputStream)
            _ = WriteAsync(inputStream, input);
        _out = ends.Out is { } outStream ? new CapturedOutput(outStream, budget) : null;
        _error = ends.Error is { } errorStream ? new CapturedOutput(errorStream, budget) : null;
        Drained = Task.WhenAll(_out?.Drained ?? Task.CompletedTask, _error?.Drained ?? Task.CompletedTask);
        if (limit is null)
            _gone.SetResult();
        Ended = limit is { } most ? AwaitEnd(process, most) : AwaitEnd(process);
    }

    public int Id { get; }

    /// <summary>
    /// Completes when the process has ended and is gone from the process table; fails if nobody knows how it has ended. One that has a limit stays
    /// in that table as long as something is left of its group, till the limit has passed.
    /// </summary>
    public Task<ProcessEnd> Ended { get; }

    /// <summary>Completes when nobody is left who could print what is kept, the children of the process included; never fails.</summary>
    public Task Drained { get; }

    /// <summary>Completes when nothing is left that is to be ended at the limit; never fails.</summary>
    public Task Gone => _gone.Task;

    /// <summary>
    /// Takes what was printed by now; whatever comes later is read, so that nobody is held up or ended for it, and dropped.
    /// </summary>
    public ProcessOutput TakeOutput() => new(_out?.Take() ?? default, _error?.Take() ?? default);

    /// <summary>Lets the output go when memory is needed for that of others.</summary>
    /// <param name="evicted">Called then; by any thread.</param>
    public void AllowEviction(Action evicted) => _eviction ??= _budget.AllowEviction(() =>
    {
        Release();
        evicted();
    });

    /// <summary>Lets the output go.</summary>
    public void Forget()
    {
        if (_eviction is { } eviction)
            _budget.ForbidEviction(eviction);
        Release();
    }

    private static async Task WriteAsync(DescriptorStream stream, ReadOnlyMemory<byte> input)
    {
        await using (stream)
        {
            try
            {
                await stream.WriteAsync(input);
            }
            catch (PlatformException)
            {
                // A program need not read all that it is given.
            }
        }
    }

    /// <summary>Waits for the end of a child, and takes it from the process table.</summary>
    internal static async Task<ProcessEnd> AwaitEnd(int process) => EndOf(process, await Children.AwaitExitAsync(process));

    private async Task<ProcessEnd> AwaitEnd(int process, TimeSpan limit)
    {
        var hasLeft = false;
        var stop = new CancellationTokenSource();
        var over = Task.Delay(limit, stop.Token);
        try
        {
            var ended = Children.AwaitEndAsync(process);
            if (await Task.WhenAny(ended, over) == over)
                Children.KillGroup(process);
            var end = EndOf(process, await ended);
            hasLeft = !over.IsCompleted && HasGroup(process);
            if (hasLeft)
                _ = EndGroup(process, over);
            else
                Children.TakeExit(process, out _, out _, out _);
            return end;
        }
        finally
        {
            if (!hasLeft)
            {
                await stop.CancelAsync();
                _gone.SetResult();
            }
        }
    }

    /// <summary>Ends what a process that has ended has left of its group; nobody else has its number, as its end is not taken before.</summary>
    private async Task EndGroup(int leader, Task over)
    {
        await over;
        Children.KillGroup(leader);
        Children.TakeExit(leader, out _, out _, out _);
        _gone.SetResult();
    }

    /// <summary>Whether another process is in the group of one that leads it; also if nobody knows.</summary>
    private static bool HasGroup(int leader) => LibC.List("/proc", out var names) != Errno.Success || names.Exists(name =>
        int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id != leader
        && ProcessStat.Of(id) is { State: not 'Z' } other && other.Group == leader);

    private static ProcessEnd EndOf(int process, (Errno Errno, int ExitCode, int Signal) exit)
    {
        SystemCallException.ThrowIfFailed(exit.Errno, $"failed to wait for child (pid: {process})");
        return exit.Signal == 0 ? new ProcessEnd(exit.ExitCode, Signal: null) : new ProcessEnd(ExitCode: null, exit.Signal);
    }

    private void Release()
    {
        _out?.Forget();
        _error?.Forget();
    }
}
