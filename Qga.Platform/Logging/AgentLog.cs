using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.Threads;

namespace Qga.Platform.Logging;

/// <summary>
/// The agent's own log, a file or stderr. A thread of its own writes: a full pipe or a dead disk holds up the log and nothing else. Lines
/// that find it held up for long are counted and dropped. What each of them says is kept to one visible line (<see cref="LogText"/>).
/// </summary>
public sealed class AgentLog : IEventLog, IDisposable
{
    private const int MostWaiting = 4096;
    private const int MostWaitingBytes = 1024 * 1024;
    private static readonly TimeSpan ExitGrace = TimeSpan.FromSeconds(1);

    private readonly LogLevel _most;

    // Its monitor wakes the writer: unlike a semaphore of the runtime it does not spin before it sleeps.
    private readonly object _gate = new();
    private SafeFileHandle _file;

    /// <summary>Whether it is a file and no pipe or terminal. Known from its opening: one on a mount that is dead by now would not tell.</summary>
    private bool _isRegularFile;

    private string? _pathAfterHold;
    private string? _pathToOpen;
    private OwnThread? _writer;
    private Queue<string> _waiting = new();
    private int _waitingBytes;
    private long _dropped;
    private bool _isWriting;
    private bool _isClosed;
    private bool _isHeld;

    /// <summary>How many of the lines that wait are older than the hold and still to be written before it.</summary>
    private int _olderThanHold;

    private AgentLog(SafeFileHandle file, string? pathAfterHold, LogLevel most)
    {
        (_file, _pathAfterHold, _most) = (file, pathAfterHold, most);
        _isRegularFile = IsRegularFile(file);
    }

    /// <summary>Opens a log.</summary>
    /// <param name="path">The file to append to; null for stderr.</param>
    /// <param name="isVerbose">Whether everything is logged, or warnings and worse.</param>
    /// <exception cref="PlatformException">The file can't be opened.</exception>
    public static AgentLog Open(string? path, bool isVerbose) =>
        new(path is null ? StandardError() : OpenFile(path), pathAfterHold: null, LevelOf(isVerbose));

    /// <summary>
    /// A log on stderr that moves to the file, if one is given, once a hold is over: until then the file may be on a frozen filesystem.
    /// Where stderr is itself a file, it may be frozen too, and the log is held from the start. If the file can't be opened then, stderr says
    /// so and stays the log.
    /// </summary>
    public static AgentLog OpenDeferred(string? path, bool isVerbose)
    {
        var log = new AgentLog(StandardError(), path, LevelOf(isVerbose));
        log._isHeld = log._isRegularFile;
        return log;
    }

    /// <summary>Makes the thread that writes, which else comes with the first line, if there are threads then.</summary>
    /// <exception cref="PlatformException">There are no threads left.</exception>
    public void Prepare()
    {
        lock (_gate)
            _writer ??= OwnThread.Start("log", Run);
    }

    public bool Writes(LogLevel level) => level <= _most;

    public void Write(LogLevel level, string text)
    {
        if (Writes(level))
            Add(Format(level, text));
    }

    /// <summary>
    /// Writes what is there, and then nothing any more until <see cref="Release"/>: filesystems are frozen. What comes is held in memory; if
    /// that gets too much, the oldest goes.
    /// </summary>
    /// <returns>
    /// False if a write to a file has not ended within the limit. One to a pipe may go on: it waits for its reader, not for a disk.
    /// </returns>
    public bool Hold(TimeSpan limit)
    {
        var deadline = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        lock (_gate)
        {
            if (!_isHeld)
                _olderThanHold = _waiting.Count;
            _isHeld = true;
            while (_isWriting || _olderThanHold > 0)
            {
                var left = deadline - Environment.TickCount64;
                if (left <= 0 || !Monitor.Wait(_gate, (int)left))
                {
                    _olderThanHold = 0;
                    return !_isWriting || !_isRegularFile;
                }
            }

            return true;
        }
    }

    /// <summary>Writes what was held, each line with its own time, and whatever comes from now on.</summary>
    public void Release()
    {
        lock (_gate)
        {
            if (!_isHeld)
                return;
            _isHeld = false;
            (_pathToOpen, _pathAfterHold) = (_pathAfterHold ?? _pathToOpen, null);
            if (_dropped > 0)
                PutFirst(TakeNotice());
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>
    /// Goes on in the file that the path leads to now, made anew if need be: the one before may have been renamed. During a hold it
    /// does so after it. A file that can't be opened leaves the log where it is, which says so.
    /// </summary>
    public void Reopen(string path)
    {
        lock (_gate)
        {
            if (_isHeld)
                _pathAfterHold = path;
            else
                _pathToOpen = path;
        }

        // An empty line only wakes the writer.
        Add("");
    }

    /// <summary>Waits for what is in the queue, a second at most, and closes the file. What is held is dropped.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.PulseAll(_gate);
        }

        if (_writer?.Join(ExitGrace) ?? true)
            _file.Dispose();
    }

    private static LogLevel LevelOf(bool isVerbose) => isVerbose ? LogLevel.Debug : LogLevel.Warning;

    private static SafeFileHandle StandardError() => new(2, ownsHandle: false);

    private static bool IsRegularFile(SafeFileHandle file) => LibC.Status(file, out var status) == Errno.Success && status.IsRegularFile;

    private static SafeFileHandle OpenFile(string path)
    {
        var errno = LibC.Open(path, LibC.O_WRONLY | LibC.O_CREAT | LibC.O_APPEND, FileModes.FileUnderUmask, out var file);
        return errno == Errno.Success ? file : throw new SystemCallException(errno, "unable to open specified log file");
    }

    private static string Format(LogLevel level, string text)
    {
        var now = DateTime.UtcNow - DateTime.UnixEpoch;
        var name = level switch
        {
            LogLevel.Error => "error",
            LogLevel.Critical => "critical",
            LogLevel.Warning => "warning",
            LogLevel.Info => "info",
            _ => "debug",
        };

        // What a program has printed ends its last line itself.
        var line = LogText.Of(text.TrimEnd('\n'));
        return string.Create(
            CultureInfo.InvariantCulture, $"{(long)now.TotalSeconds}.{now.Ticks % TimeSpan.TicksPerSecond / 10:000000}: {name}: {line}\n");
    }

    private void Add(string line)
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            while (_isHeld && IsFull(line) && _waiting.Count > 0)
                DropOldest();

            if (IsFull(line))
            {
                _dropped++;
                return;
            }

            _waiting.Enqueue(line);
            _waitingBytes += SizeOf(line);
            _writer ??= OwnThread.Start("log", Run);
            Monitor.PulseAll(_gate);
        }
    }

    private static int SizeOf(string line) => line.Length * sizeof(char);

    private bool IsFull(string line) => _waiting.Count >= MostWaiting || _waitingBytes + SizeOf(line) > MostWaitingBytes;

    private void PutFirst(string line)
    {
        _waiting = new Queue<string>([line, .. _waiting]);
        _waitingBytes += SizeOf(line);
    }

    private void DropOldest()
    {
        _ = Dequeue();
        _dropped++;
    }

    private string Dequeue()
    {
        var line = _waiting.Dequeue();
        _waitingBytes -= SizeOf(line);
        _olderThanHold = Math.Max(_olderThanHold - 1, 0);
        return line;
    }

    private void Run()
    {
        while (Take() is { } line)
            Write(line);
    }

    /// <summary>Waits for the next line to write; null at the end.</summary>
    private string? Take()
    {
        lock (_gate)
        {
            // Whoever holds the log waits for this.
            _isWriting = false;
            Monitor.PulseAll(_gate);
            while (true)
            {
                if (Next() is { } line)
                {
                    _isWriting = true;
                    return line;
                }

                if (_isClosed)
                    return null;
                Monitor.Wait(_gate);
            }
        }
    }

    private string? Next()
    {
        if (_isHeld && _olderThanHold == 0)
            return null;
        if (_waiting.Count > 0)
            return Dequeue();
        return _dropped > 0 ? TakeNotice() : null;
    }

    private string TakeNotice()
    {
        var text = Format(LogLevel.Warning, $"{_dropped} lines for the log were dropped: it was held up");
        _dropped = 0;
        return text;
    }

    private void Write(string line)
    {
        if (Interlocked.Exchange(ref _pathToOpen, null) is { } path)
            MoveTo(path);
        _ = LibC.WriteAll(_file, Encoding.UTF8.GetBytes(line));
    }

    private void MoveTo(string path)
    {
        try
        {
            var file = OpenFile(path);
            var isRegularFile = IsRegularFile(file);
            SafeFileHandle before;
            lock (_gate)
                (before, _file, _isRegularFile) = (_file, file, isRegularFile);
            before.Dispose();
        }
        catch (PlatformException failure)
        {
            Write(Format(LogLevel.Critical, failure.Message));
        }
    }
}
