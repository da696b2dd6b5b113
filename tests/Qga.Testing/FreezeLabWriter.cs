using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Qga.Testing;

/// <summary>A write of one byte, by CLOCK_BOOTTIME in nanoseconds.</summary>
/// <param name="Began">Right before it was asked for.</param>
/// <param name="Ended">Right after it had gone through.</param>
public readonly record struct LabWrite(long Began, long Ended);

/// <summary>Writes to filesystems of a <see cref="FreezeLab"/> all the time, whoever freezes them, and knows when each write has gone through.</summary>
public sealed partial class FreezeLabWriter : IDisposable
{
    private const int CLOCK_BOOTTIME = 7;

    private readonly Dictionary<string, Pen> _pens;
    private volatile bool _isStopping;

    /// <param name="lab">Where it writes: to all that it can and that can be frozen.</param>
    public FreezeLabWriter(FreezeLab lab)
    {
        _pens = lab.Volumes.Where(volume => volume is { CanBeFrozen: true, IsWritable: true })
            .ToDictionary(volume => volume.MountPoint, volume => new Pen(this, volume, lab.PathOf($"{volume.MountPoint}/stamped")));
        Eventually.True(() => _pens.Values.All(pen => pen.Writes.Count > 0), "something is written everywhere");
    }

    /// <summary>The mount points that it writes to.</summary>
    public IEnumerable<string> MountPoints => _pens.Keys;

    /// <summary>Now, by CLOCK_BOOTTIME.</summary>
    public static long Now
    {
        get
        {
            _ = clock_gettime(CLOCK_BOOTTIME, out var time);
            return (time.Seconds * 1_000_000_000) + time.Nanoseconds;
        }
    }

    /// <summary>Waits until a write to each waits for the thaw.</summary>
    public void AwaitHeldUp(params IEnumerable<string> mountPoints)
    {
        foreach (var mountPoint in mountPoints.Where(_pens.ContainsKey))
            Eventually.True(() => _pens[mountPoint].IsHeldUp, $"a write to {mountPoint} waits");
    }

    /// <summary>Waits until a write to each has gone through that began after this.</summary>
    public void AwaitWritten(params IEnumerable<string> mountPoints)
    {
        var now = Now;
        foreach (var mountPoint in mountPoints.Where(_pens.ContainsKey))
            Eventually.True(() => WritesTo(mountPoint).Any(write => write.Began >= now), $"{mountPoint} takes writes");
    }

    /// <summary>What has gone through by now, in order.</summary>
    public IReadOnlyList<LabWrite> WritesTo(string mountPoint) => _pens[mountPoint].Writes;

    /// <summary>Ends it, with what it waits for.</summary>
    public void Dispose()
    {
        _isStopping = true;
        foreach (var pen in _pens.Values)
            pen.Dispose();
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clock_gettime(int clock, out TimeSpecification time);

    [LibraryImport("libc")]
    private static partial int gettid();

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpecification
    {
        public long Seconds;
        public long Nanoseconds;
    }

    private sealed class Pen : IDisposable
    {
        private readonly List<LabWrite> _writes = [];
        private readonly FreezeLabVolume _volume;
        private readonly SafeFileHandle _file;
        private readonly Thread _thread;
        private int _number;

        internal Pen(FreezeLabWriter writer, FreezeLabVolume volume, string path)
        {
            _volume = volume;
            _file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
            _thread = new Thread(() => Write(writer)) { IsBackground = true };
            _thread.Start();
        }

        internal bool IsHeldUp => FreezeLabVolume.IsHeldUp(Volatile.Read(ref _number));

        internal IReadOnlyList<LabWrite> Writes
        {
            get
            {
                lock (_writes)
                    return [.. _writes];
            }
        }

        public void Dispose()
        {
            while (!_thread.Join(TimeSpan.FromMilliseconds(20)))
                _volume.Thaw();
            _file.Dispose();
        }

        private void Write(FreezeLabWriter writer)
        {
            Volatile.Write(ref _number, gettid());
            while (!writer._isStopping)
            {
                var began = Now;
                RandomAccess.Write(_file, "x"u8, fileOffset: 0);
                var ended = Now;
                lock (_writes)
                    _writes.Add(new LabWrite(began, ended));
                Thread.Sleep(TimeSpan.FromMilliseconds(1));
            }
        }
    }
}
