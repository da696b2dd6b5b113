using Qga.Platform.Configuration;
using Qga.Platform.Native;

namespace Qga.Platform.State;

/// <summary>
/// Numbers the guest's handles from 1000 upwards and keeps the next number in qga.state, in qemu-ga's own format, so that no
/// handle from before a restart, or from before an upgrade from qemu-ga, is given out again.
/// </summary>
public sealed class HandleCounter
{
    public const int First = 1000;

    private const string Group = "global";
    private const string Key = "fd_counter";

    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly KeyFile _state;
    private int _next;

    private HandleCounter(string path, KeyFile state)
    {
        _path = path;
        _state = state;
        _next = NextHandle(state);
    }

    /// <summary>Loads qga.state from that directory, or creates it there.</summary>
    /// <exception cref="StateException">It can't be read or written, or is damaged; the agent can't start.</exception>
    public static HandleCounter Open(string stateDirectory)
    {
        try
        {
            return OpenFile($"{stateDirectory}/qga.state");
        }
        catch (StateException cause)
        {
            throw new StateException("failed to load persistent state", cause);
        }
    }

    /// <summary>The next handle, whose successor is on the disk when this returns.</summary>
    /// <exception cref="StateException">It is not, and no handle was used up.</exception>
    public int Next()
    {
        lock (_lock)
        {
            var handle = _next;
            try
            {
                // Upstream runs into negative numbers here, which it can't give out.
                Save(handle == int.MaxValue ? First : handle + 1);
            }
            catch (StateException cause)
            {
                throw new StateException("failed to commit persistent state to disk", cause);
            }

            return handle;
        }
    }

    private static HandleCounter OpenFile(string path)
    {
        var errno = LibC.Status(path, out _);
        if (errno is not (Errno.Success or Errno.ENOENT))
            throw new StateException($"unable to access state file at path {path}: {LibC.TextOf(errno)}")
            {
                IsLasting = SystemCallException.IsLastingError(errno),
            };

        KeyFile? state;
        try
        {
            state = errno == Errno.Success ? KeyFile.Load(path) : null;
        }
        catch (KeyFileException cause)
        {
            throw new StateException($"error loading persistent state from path: {path}, {cause.Message}") { IsLasting = cause.IsLasting };
        }

        return state is null ? Create(path) : new HandleCounter(path, state);
    }

    private static HandleCounter Create(string path)
    {
        var counter = new HandleCounter(path, KeyFile.Parse([]));
        try
        {
            counter.Save(First);
            return counter;
        }
        catch (StateException cause)
        {
            throw new StateException($"unable to create state file at path {path}", cause);
        }
    }

    /// <summary>A number that can't be a handle counts as none, while qemu-ga goes on from 0 or hands out -1.</summary>
    private static int NextHandle(KeyFile state)
    {
        try
        {
            return state.GetInt32(Group, Key) is { } next and >= 0 ? next : First;
        }
        catch (KeyFileException)
        {
            return First;
        }
    }

    private void Save(int next)
    {
        _state.Set(Group, Key, next.ToString());
        try
        {
            Replace(_path, _state.ToBytes());
            _next = next;
        }
        catch (StateException cause)
        {
            throw new StateException($"failed to write persistent state to {_path}: {cause.Message}") { IsLasting = cause.IsLasting };
        }
    }

    /// <summary>
    /// Writes a temporary file beside the real one and renames it. Nothing is forced to the disk: after a power loss all
    /// handles are gone anyway, and the worst that the file can then be is empty, which counts from the start.
    /// </summary>
    private static void Replace(string path, byte[] content)
    {
        var temporary = $"{path}.{Random.Shared.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 6)}";
        var errno = LibC.Open(temporary, LibC.O_WRONLY | LibC.O_CREAT | LibC.O_EXCL, FileModes.FileUnderUmask, out var file);
        using (file)
        {
            if (errno != Errno.Success)
                throw Failed("create", errno);

            errno = LibC.WriteAll(file, content);
        }

        if (errno == Errno.Success)
            errno = LibC.Rename(temporary, path);
        if (errno == Errno.Success)
            return;

        LibC.Unlink(temporary);
        throw Failed("write", errno);

        StateException Failed(string action, Errno errno) =>
            new($"Failed to {action} file “{temporary}”: {LibC.TextOf(errno)}")
            {
                IsLasting = SystemCallException.IsLastingError(errno),
            };
    }
}
