using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.OwnProcess;

namespace Qga.Platform.Processes;

/// <summary>
/// The start of one program. Little more than native calls runs on a <see cref="Spawner"/>'s thread: a number of a descriptor means
/// something else there than elsewhere, so nothing may open or close one unasked, as a <see cref="SafeFileHandle"/> would.
/// </summary>
internal sealed class SpawnAttempt
{
    private readonly SpawnPlan _program;
    private readonly SafeFileHandle[] _files;
    private readonly (int From, int To)[] _copies;
    private readonly string[] _candidates;
    private readonly bool _isLaunched;
    private readonly SemaphoreSlim _taken = new(0);
    private int _passed;
    private Errno _notPassed;

    /// <param name="program">What to run.</param>
    /// <param name="files">What is under 0, 1, 2 and so on in the program.</param>
    /// <param name="isLaunched">Whether by way of a <see cref="ProgramLauncher"/>.</param>
    public SpawnAttempt(SpawnPlan program, ReadOnlySpan<SafeFileHandle> files, bool isLaunched)
    {
        _program = program;
        _isLaunched = isLaunched;
        _files = [.. files];
        _copies = new (int From, int To)[files.Length];
        _candidates = [.. Candidates(program)];
    }

    /// <summary>Whether the child closes all that is not the program's before it executes that, which may hang.</summary>
    public bool ClosesOthersFirst { get; init; }

    /// <summary>The id of the process, if there is one.</summary>
    public int Process { get; private set; }

    public Errno Result { get; private set; } = Errno.ENOENT;

    /// <summary>Passes the files to the thread that is about to run it.</summary>
    public void Pass(SafeFileHandle outbox)
    {
        while (_passed < _files.Length && _notPassed == Errno.Success)
        {
            var part = Part(_passed, _files.Length);
            _notPassed = LibC.Pass(outbox, _files.AsSpan(part), "\0"u8);
            if (_notPassed == Errno.Success)
                _passed = part.End.Value;
        }
    }

    /// <summary>Waits until that thread has taken them.</summary>
    public void AwaitTaken() => _taken.Wait();

    /// <summary>Starts the program; called once.</summary>
    /// <param name="inbox">Where the files come that were passed; <see cref="LibC.SharedTable"/> if the thread has them as we do.</param>
    public void Run(int inbox)
    {
        Span<int> numbers = new int[_files.Length];
        numbers.Fill(-1);
        var errno = inbox == LibC.SharedTable ? Copy(numbers) : Take(inbox, numbers);
        for (var index = 0; index < numbers.Length && errno == Errno.Success; index++)
        {
            // Under the number that it is to get, or if that is not free, one that none of them is to get.
            numbers[index] = LibC.Renumber(numbers[index], index, _files.Length);
            if (numbers[index] < 0)
                errno = LibC.LastError;
            _copies[index] = (numbers[index], index);
        }

        if (errno == Errno.Success)
            RunFirst();
        else
            Result = errno;
        if (Result == Errno.Success)
            CoreDumps.AllowIn(Process);
        foreach (var number in numbers)
        {
            if (number >= 0)
                LibC.CloseNumber(number);
        }
    }

    private static Range Part(int start, int end) => start..Math.Min(end, start + LibC.MostPassed);

    private Errno Copy(Span<int> numbers)
    {
        for (var index = 0; index < numbers.Length; index++)
        {
            numbers[index] = LibC.Copy(_files[index], _files.Length);
            if (numbers[index] < 0)
                return LibC.LastError;
        }

        return Errno.Success;
    }

    /// <summary>All that was passed is taken, also what is of no use: the next would find it.</summary>
    private Errno Take(int inbox, Span<int> numbers)
    {
        var errno = _notPassed;
        for (var taken = 0; taken < _passed;)
        {
            var part = Part(taken, _passed);
            if (LibC.Take(inbox, numbers[part]) is not Errno.Success and var failure)
                errno = failure;
            taken = part.End.Value;
        }

        _taken.Release();
        return errno;
    }

    private static IEnumerable<string> Candidates(SpawnPlan program) =>
        program.Path.Length == 0 ? [] :
        program.Path.Contains('/') ? [program.Path] :
        program.SearchPath.Split(':').Select(directory => $"{(directory.Length > 0 ? directory : ".")}/{program.Path}");

    /// <summary>Looks for the program as execvp(3) does.</summary>
    private void RunFirst()
    {
        for (var index = 0; index < _candidates.Length; index++)
        {
            // The second try of a start is expensive, so whether there is something to execute is asked first.
            var errno = _candidates.Length == 1 ? Errno.Success : LibC.IsExecutable(_candidates[index]);
            if (errno == Errno.Success)
                errno = Start(_candidates[index]);
            switch (errno)
            {
                case Errno.EACCES when _candidates.Length > 1:
                    Result = errno;
                    break;
                case Errno.ENOENT or Errno.ENOTDIR or Errno.ENODEV or Errno.ELOOP or Errno.ENAMETOOLONG or Errno.ETIMEDOUT
                    when _candidates.Length > 1:
                    break;
                default:
                    Result = errno;
                    return;
            }
        }
    }

    private Errno Start(string candidate)
    {
        var errno = Start(candidate, _program.Arguments);
        return errno == Errno.ENOEXEC && _program.File is null ? Start("/bin/sh", ["/bin/sh", candidate, .. _program.Arguments.Skip(1)]) : errno;
    }

    private Errno Start(string file, IEnumerable<string> arguments)
    {
        if (_isLaunched)
            return Launch(file, arguments);
        var errno = LibC.Spawn(
            file,
            StringBlock.Of(arguments),
            _program.Environment,
            _copies,
            _program.HasSession,
            out var process,
            ClosesOthersFirst ? _files.Length : LibC.CloseNone,
            _program.BlockedSignal);
        Process = process;
        return errno;
    }

    private Errno Launch(string file, IEnumerable<string> arguments)
    {
        var errno = LibC.PipeNumbers(_files.Length, out var reader, out var writer);
        if (errno != Errno.Success)
            return errno;

        // The last to be taken over, under a number that by then is none of the others'.
        var process = 0;
        if (_program.File is { } decided)
        {
            // From a number that the one before has not taken.
            var number = LibC.Copy(decided, _files.Length + 2);
            errno = number < 0 ? LibC.LastError : LibC.Spawn(
                "/proc/self/exe",
                ProgramLauncher.CommandLine(_files.Length, _files.Length + 1, _program.User, arguments),
                ProgramLauncher.Conceal(_program.Environment),
                [.. _copies, (writer, _files.Length), (number, _files.Length + 1)],
                _program.HasSession,
                out process);
            LibC.CloseNumber(number);
        }
        else
        {
            errno = LibC.Spawn(
                "/proc/self/exe",
                ProgramLauncher.CommandLine(_files.Length, file, arguments),
                _program.Environment,
                [.. _copies, (writer, _files.Length)],
                _program.HasSession,
                out process);
        }

        LibC.CloseNumber(writer);
        if (errno == Errno.Success)
        {
            Span<byte> word = stackalloc byte[sizeof(int)];
            errno = ProgramLauncher.Parse(word[..LibC.ReadNumber(reader, word)]);
            if (errno == Errno.Success)
                Process = process;
            else
                LibC.AwaitExit(process, out _, out _);
        }

        LibC.CloseNumber(reader);
        return errno;
    }
}
