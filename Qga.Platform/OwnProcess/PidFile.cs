using System.Text;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.OwnProcess;

/// <summary>The file that holds our process id, locked as long as we live so that no second agent uses it.</summary>
public sealed class PidFile : IDisposable
{
    private readonly string _path;
    private readonly SafeFileHandle _file;

    private PidFile(string path, SafeFileHandle file)
    {
        _path = path;
        _file = file;
    }

    /// <exception cref="PlatformException">It can't be created or written, or another agent has it locked.</exception>
    public static PidFile Create(string path)
    {
        while (true)
        {
            var file = OpenLocked(path, out var status);
            try
            {
                // An agent that ended between our open and our lock has taken the file away: we would hold what nobody can see.
                if (LibC.Status(path, out var current) != Errno.Success || !current.IsSameFileAs(status))
                    continue;

                SystemCallException.ThrowIfFailed(LibC.Truncate(file), "Failed to truncate pid file");
                SystemCallException.ThrowIfFailed(
                    LibC.WriteAll(file, Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n")), "Failed to write pid file");
                var held = new PidFile(path, file);
                file = null;
                return held;
            }
            finally
            {
                file?.Dispose();
            }
        }
    }

    /// <summary>Removes the file, unless it is no longer ours, and gives up the lock.</summary>
    public void Dispose()
    {
        if (_file.IsClosed)
            return;

        if (LibC.Status(_file, out var ours) == Errno.Success
            && LibC.Status(_path, out var current) == Errno.Success
            && current.IsSameFileAs(ours))
        {
            LibC.Unlink(_path);
        }

        _file.Dispose();
    }

    private static SafeFileHandle OpenLocked(string path, out LibC.FileStatus status)
    {
        SystemCallException.ThrowIfFailed(
            LibC.Open(path, LibC.O_RDWR | LibC.O_CREAT | LibC.O_NOFOLLOW, FileModes.OwnersFile, out var file), $"Could not create '{path}'");
        try
        {
            SystemCallException.ThrowIfFailed(LibC.Status(file, out status), "Cannot stat file");
            SystemCallException.ThrowIfFailed(LibC.Lock(file), "Cannot lock pid file");
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
