using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.Logging;

/// <summary>
/// The agent's own log, a file or stderr, and its accounting in syslog. A thread of its own writes: a full pipe or a dead disk
/// holds up the log and nothing else. Lines that find it held up for long are counted and dropped.
/// </summary>
public sealed class AgentLog : IAccountingLog, IDisposable
{
    private const int MostWaiting = 4096;
    private static readonly TimeSpan ExitGrace = TimeSpan.FromSeconds(1);

    private readonly SafeFileHandle _file;
    private readonly LogLevel _most;
    private readonly nint _identity;
    private readonly Lock _gate = new();
    private readonly Queue<Line> _waiting = new();
    private readonly SemaphoreSlim _work = new(0);
    private Thread? _writer;
    private long _dropped;
    private bool _isClosed;
    private bool _isMuted;

    private AgentLog(SafeFileHandle file, LogLevel most, string identity)
    {
        _file = file;
        _most = most;
        _identity = Marshal.StringToCoTaskMemUTF8(identity);
    }

    /// <summary>Opens a log.</summary>
    /// <param name="path">The file to append to; null for stderr.</param>
    /// <param name="isVerbose">Whether everything is logged, or warnings and worse.</param>
    /// <param name="identity">The name of the program in syslog.</param>
    /// <exception cref="PlatformException">The file can't be opened.</exception>
    public static AgentLog Open(string? path, bool isVerbose, string identity)
    {
        var most = isVerbose ? LogLevel.Debug : LogLevel.Warning;
        if (path is null)
            return new AgentLog(new SafeFileHandle(2, ownsHandle: false), most, identity);

        var errno = LibC.Open(path, LibC.O_WRONLY | LibC.O_CREAT | LibC.O_APPEND, 0x1B6 /* 0666 */, out var file);
        return errno == Errno.Success
            ? new AgentLog(file, most, identity)
            : throw new PlatformException(errno, "unable to open specified log file");
    }

    public bool Writes(LogLevel level) => level <= _most;

    public void Write(LogLevel level, string text)
    {
        if (Writes(level))
            Add(new Line(Format(level, text), IsAccount: false));
    }

    public void Record(string text) => Add(new Line(text, IsAccount: true));

    /// <summary>
    /// Writes nothing any more, here or to syslog, once what is in the queue is written: filesystems are frozen, and a log line
    /// would wait for the thaw.
    /// </summary>
    public void Mute()
    {
        lock (_gate)
            _isMuted = true;
    }

    /// <summary>Waits for what is in the queue, a second at most, and closes the file.</summary>
    public void Dispose()
    {
        lock (_gate)
            _isClosed = true;
        _work.Release();
        if (_writer?.Join(ExitGrace) ?? true)
            _file.Dispose();
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
        return string.Create(CultureInfo.InvariantCulture, $"{(long)now.TotalSeconds}.{now.Ticks % TimeSpan.TicksPerSecond / 10:000000}: {name}: {text}\n");
    }

    private void Add(Line line)
    {
        lock (_gate)
        {
            if (_isClosed || _isMuted)
                return;
            if (_waiting.Count == MostWaiting)
            {
                _dropped++;
                return;
            }

            _waiting.Enqueue(line);
            if (_writer is null)
            {
                _writer = new Thread(Run, 256 * 1024) { IsBackground = true, Name = "log" };
                _writer.Start();
            }
        }

        _work.Release();
    }

    private void Run()
    {
        LibC.OpenSyslog(_identity);
        while (true)
        {
            _work.Wait();
            while (TryTake(out var line))
                Write(line);

            lock (_gate)
            {
                if (_isClosed && _waiting.Count == 0)
                    return;
            }
        }
    }

    private bool TryTake(out Line line)
    {
        lock (_gate)
        {
            if (_waiting.TryDequeue(out line))
                return true;
            if (_dropped == 0)
                return false;

            line = new Line(Format(LogLevel.Warning, $"{_dropped} lines for the log or syslog were dropped: it was held up"), IsAccount: false);
            _dropped = 0;
            return true;
        }
    }

    private void Write(Line line)
    {
        if (line.IsAccount)
            LibC.Syslog(line.Text);
        else
            _ = LibC.WriteAll(_file, Encoding.UTF8.GetBytes(line.Text));
    }

    private readonly record struct Line(string Text, bool IsAccount);
}
