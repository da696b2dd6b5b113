using System.Diagnostics;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.State;

/// <summary>
/// Keeps a second agent from a state directory: it would take away the guardian and the marker of the first. The kernel takes the lock back
/// when the process ends, however it does; no program that it starts has it. The file is beside the control sockets, and not in the
/// directory, where others could lock it too, or a freeze be in the way.
/// </summary>
public sealed class StateLock : IDisposable
{
    /// <summary>For an agent that is ending while its successor starts.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly SafeFileHandle _file;

    private StateLock(SafeFileHandle file) => _file = file;

    /// <summary>Locks a state directory for this process.</summary>
    /// <param name="stateDirectory">The directory.</param>
    /// <param name="mayBeFrozen">Whether the guest may be frozen.</param>
    /// <returns>Null where there can be no lock: for others than root, who can't freeze either, or without a runtime directory.</returns>
    /// <exception cref="StateException">Another agent uses the directory, which the message names, or the kernel has no lock for us.</exception>
    public static StateLock? Acquire(string stateDirectory, bool mayBeFrozen)
    {
        if (LibC.Status(stateDirectory, out var status) != Errno.Success || Open(status, mayBeFrozen) is not { } file)
            return null;
        var waited = Stopwatch.StartNew();
        while (LibC.LockExclusively(file) is not Errno.Success and var errno)
        {
            var isTaken = errno == Errno.EAGAIN;
            var holder = isTaken ? HolderOf(file) : null;

            // What a killed agent has in the kernel's hands may keep it in the process table, and its files open, for ever.
            if (holder is { } dead && HasEnded(dead))
                break;
            if (waited.Elapsed >= Patience)
            {
                file.Dispose();
                var reason = !isTaken ? LibC.TextOf(errno) : $"{(holder is { } other ? $"process {other}" : "another agent")} uses it";
                throw new StateException($"failed to lock state directory {stateDirectory}: {reason}");
            }

            Thread.Sleep(TimeSpan.FromMilliseconds(20));
        }

        return new StateLock(file);
    }

    /// <summary>Gives the lock up.</summary>
    public void Dispose() => LibC.CloseLocked(_file);

    private static SafeFileHandle? Open(in LibC.FileStatus directory, bool mayBeFrozen)
    {
        var path = $"{RuntimeDirectory.Path}/state-{directory.Identity}.lock";

        // To make a file, or only to ask for it, waits for the thaw; to open one doesn't.
        if (TryOpen(path, 0) is { } existing)
            return existing;
        return RuntimeDirectory.TryMake(mayBeFrozen) ? TryOpen(path, LibC.O_CREAT) : null;
    }

    private static SafeFileHandle? TryOpen(string path, int flags)
    {
        if (LibC.Open(path, flags | LibC.O_RDONLY | LibC.O_NOFOLLOW, FileModes.OwnersFile, out var file) == Errno.Success)
            return file;
        file.Dispose();
        return null;
    }

    /// <summary>The process that has the file locked; null if it is not known, or in a namespace that we don't see.</summary>
    private static int? HolderOf(SafeFileHandle file)
    {
        // 1: FLOCK  ADVISORY  WRITE 1234 00:1a:567 0 EOF
        if (LibC.Status(file, out var status) != Errno.Success || KernelFile.TryRead("/proc/locks") is not { } locks)
            return null;
        var identity = $"{status.DeviceMajor:x2}:{status.DeviceMinor:x2}:{status.Inode}";
        foreach (var line in locks.Split('\n'))
        {
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, "FLOCK", _, "WRITE", var process, var locked, ..]
                && locked == identity
                && int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && id > 0)
            {
                return id;
            }
        }

        return null;
    }

    /// <summary>Only what is known to have ended has: without a descriptor left, nothing can be read of any process.</summary>
    private static bool HasEnded(int process) => ProcessStat.Of(process) is { } stat
        ? stat.State is 'Z' or 'X'
        : LibC.Status($"/proc/{process}", out _) == Errno.ENOENT;
}
