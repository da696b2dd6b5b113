using Qga.Platform.Streams;

namespace Qga.Platform.Processes;

/// <summary>A child of ours whose end and whose output the poller tells. It needs no thread and no look from time to time.</summary>
internal sealed class LinuxGuestProcess
{
    private readonly CapturedOutput? _out;
    private readonly CapturedOutput? _error;
    private readonly CaptureBudget _budget;
    private LinkedListNode<Action>? _eviction;

    /// <param name="process">The child, which nobody else waits for.</param>
    /// <param name="ends">Our ends of its pipes, taken over.</param>
    /// <param name="input">What the child reads, if it has an input.</param>
    /// <param name="budget">For the output that is kept.</param>
    public LinuxGuestProcess(int process, ChildPipes.OurEnds ends, ReadOnlyMemory<byte> input, CaptureBudget budget)
    {
        Id = process;
        _budget = budget;
        if (ends.Input is { } inputStream)
            _ = WriteAsync(inputStream, input);
        _out = ends.Out is { } outStream ? new CapturedOutput(outStream, budget) : null;
        _error = ends.Error is { } errorStream ? new CapturedOutput(errorStream, budget) : null;
        Drained = Task.WhenAll(_out?.Drained ?? Task.CompletedTask, _error?.Drained ?? Task.CompletedTask);
        Ended = AwaitEnd(process);
    }

    public int Id { get; }

    /// <summary>Completes when the process has ended and is gone from the process table; fails if nobody knows how it has ended.</summary>
    public Task<ProcessEnd> Ended { get; }

    /// <summary>Completes when nobody is left who could print what is kept, the children of the process included; never fails.</summary>
    public Task Drained { get; }

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
    internal static async Task<ProcessEnd> AwaitEnd(int process)
    {
        var (errno, exitCode, signal) = await Children.AwaitExitAsync(process);
        SystemCallException.ThrowIfFailed(errno, $"failed to wait for child (pid: {process})");
        return signal == 0 ? new ProcessEnd(exitCode, Signal: null) : new ProcessEnd(ExitCode: null, signal);
    }

    private void Release()
    {
        _out?.Forget();
        _error?.Forget();
    }
}
