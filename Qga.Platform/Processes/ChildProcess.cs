using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.Processes;

/// <summary>
/// A program that runs in a session of its own; what it prints is read until it ends. Processes that it leaves behind may live
/// on, and are not waited for, even if they hold on to its output.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    /// <summary>How often the process is looked at on a kernel that doesn't tell its end.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>More than a pipe holds: what is printed after the end of the program need not come to an end.</summary>
    private const int MaximumRest = 1 << 20;

    private readonly int _process;
    private readonly SafeFileHandle _end;
    private readonly SafeFileHandle _pipe;
    private readonly BoundedOutput _output;
    private readonly SafeFileHandle? _errorPipe;
    private readonly BoundedOutput _errors;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly SafeFileHandle? _inputPipe;
    private ReadOnlyMemory<byte> _input;
    private bool _hasEnded;
    private bool _isPipeOpen = true;
    private bool _isErrorPipeOpen;

    private ChildProcess(
        int process, SafeFileHandle pipe, SafeFileHandle? errorPipe, SafeFileHandle? inputPipe, ReadOnlyMemory<byte> input, int partSize)
    {
        (_process, _pipe, _errorPipe, _inputPipe, _input) = (process, pipe, errorPipe, inputPipe, input);
        _output = new BoundedOutput(partSize);
        _errors = errorPipe is null ? _output : new BoundedOutput();
        _isErrorPipeOpen = errorPipe is not null;
        _end = LibC.OpenProcess(process);
    }

    public int ExitCode { get; private set; }

    /// <summary>The signal that has ended the process; 0 for none.</summary>
    public int Signal { get; private set; }

    /// <summary>What it says is wrong, if that is separate, else all that it printed.</summary>
    public string Errors => _errors.ToString();

    /// <summary>What it printed, byte for byte, as far as it is kept.</summary>
    public ReadOnlyMemory<byte> Printed => _output.Bytes;

    /// <summary>Starts the program.</summary>
    /// <param name="program">What to run.</param>
    /// <param name="input">What it reads.</param>
    /// <param name="process">It, if it runs.</param>
    /// <param name="partSize">How much of what it prints is kept, see <see cref="BoundedOutput"/>.</param>
    /// <param name="separatesErrors">Whether what it prints on the error stream is no part of what it prints.</param>
    /// <returns>Why it can't be run.</returns>
    /// <exception cref="PlatformException">What it needs to run can't be had.</exception>
    public static Errno Start(
        SpawnPlan program,
        ReadOnlyMemory<byte> input,
        out ChildProcess? process,
        int partSize = BoundedOutput.PartSize,
        bool separatesErrors = false)
    {
        process = null;
        var inputPipe = OpenInput(input, out var childInput);
        using (childInput)
        {
            var pipe = OpenOutput(out var writer);
            SafeFileHandle? errorPipe = null;
            var errorWriter = writer;
            if (separatesErrors)
                errorPipe = OpenOutput(out errorWriter);
            using (writer)
            using (errorWriter)
            {
                var errno = Spawner.Spawn(program, [childInput, writer, errorWriter], out var id);
                if (errno == Errno.Success)
                {
                    process = new ChildProcess(id, pipe, errorPipe, inputPipe, input, partSize);
                }
                else
                {
                    pipe.Dispose();
                    errorPipe?.Dispose();
                    inputPipe?.Dispose();
                }

                return errno;
            }
        }
    }

    /// <returns>Where the output is to be read.</returns>
    private static SafeFileHandle OpenOutput(out SafeFileHandle writer)
    {
        SystemCallException.ThrowIfFailed(LibC.Pipe(out var pipe, out writer), "cannot create pipe FDs");
        SystemCallException.ThrowIfFailed(LibC.MakeNonBlocking(pipe), "cannot create pipe FDs");
        return pipe;
    }

    /// <returns>Where the input is to be written; null if there is none.</returns>
    private static SafeFileHandle? OpenInput(ReadOnlyMemory<byte> input, out SafeFileHandle childInput)
    {
        if (input.IsEmpty)
        {
            SystemCallException.ThrowIfFailed(LibC.OpenNothing(out childInput), "failed to open /dev/null");
            return null;
        }

        SystemCallException.ThrowIfFailed(LibC.Pipe(out childInput, out var inputPipe), "cannot create pipe FDs");
        SystemCallException.ThrowIfFailed(LibC.MakeNonBlocking(inputPipe), "cannot create pipe FDs");
        return inputPipe;
    }

    /// <summary>Waits for the end of the process, not of its children.</summary>
    /// <returns>False if it still runs after all the time that is given.</returns>
    /// <exception cref="PlatformException">Nobody knows how it has ended.</exception>
    public bool WaitForEnd(TimeSpan patience)
    {
        for (var waited = Stopwatch.StartNew(); !TakeExit(); AwaitNews(patience - waited.Elapsed))
        {
            if (waited.Elapsed >= patience)
                return false;
        }

        for (var rest = 0; rest < MaximumRest && ReadOutput() is > 0 and var count;)
            rest += count;
        for (var rest = 0; rest < MaximumRest && ReadErrors() is > 0 and var count;)
            rest += count;
        return true;
    }

    /// <summary>Ends the process and everything else in its process group.</summary>
    public void Kill()
    {
        if (!_hasEnded)
            LibC.SignalGroup(_process, LibC.SIGKILL);
    }

    public void Dispose()
    {
        // One that is stuck in the kernel may end much later, and has to be taken from the process table then.
        if (!_hasEnded)
        {
            Kill();
            _ = Children.AwaitExitAsync(_process);
        }

        _end.Dispose();
        _pipe.Dispose();
        _errorPipe?.Dispose();
        _inputPipe?.Dispose();
    }

    private bool TakeExit()
    {
        var errno = Children.TakeExit(_process, out var hasEnded, out var exitCode, out var signal);
        _hasEnded = hasEnded || errno != Errno.Success;
        SystemCallException.ThrowIfFailed(errno, $"failed to wait for child (pid: {_process})");
        (ExitCode, Signal) = (exitCode, signal);
        return _hasEnded;
    }

    private void AwaitNews(TimeSpan limit)
    {
        if (_end.IsInvalid && limit > LookInterval)
            limit = LookInterval;
        Span<LibC.PollDescriptor> descriptors =
        [
            new() { Descriptor = (int)_end.DangerousGetHandle(), Events = LibC.POLLIN },
            new() { Descriptor = _isPipeOpen ? (int)_pipe.DangerousGetHandle() : -1, Events = LibC.POLLIN },
            new() { Descriptor = _input.IsEmpty ? -1 : (int)_inputPipe!.DangerousGetHandle(), Events = LibC.POLLOUT },
            new() { Descriptor = _isErrorPipeOpen ? (int)_errorPipe!.DangerousGetHandle() : -1, Events = LibC.POLLIN },
        ];
        SystemCallException.ThrowIfFailed(LibC.Poll(descriptors, limit), "failed to poll");
        if (descriptors[1].ReturnedEvents != 0)
            ReadOutput();
        if (descriptors[2].ReturnedEvents != 0)
            WriteInput();
        if (descriptors[3].ReturnedEvents != 0)
            ReadErrors();
    }

    private void WriteInput()
    {
        var errno = LibC.Write(_inputPipe!, _input.Span, out var count);

        // A program need not read all that it is given.
        _input = errno is Errno.Success or Errno.EAGAIN ? _input[count..] : default;
        if (_input.IsEmpty)
            _inputPipe!.Dispose();
    }

    private int ReadOutput() => Read(_pipe, _output, out _isPipeOpen);

    private int ReadErrors() => _errorPipe is null ? 0 : Read(_errorPipe, _errors, out _isErrorPipeOpen);

    /// <returns>How much was read; 0 if there is nothing.</returns>
    private int Read(SafeFileHandle pipe, BoundedOutput output, out bool isOpen)
    {
        var errno = LibC.Read(pipe, _buffer, out var count);
        isOpen = count > 0 || errno == Errno.EAGAIN;
        output.Append(_buffer.AsSpan(0, count));
        return count;
    }
}
