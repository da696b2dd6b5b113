namespace Qga.Testing;

/// <summary>A filesystem in user space whose daemon can be stopped: whoever asks it then hangs in the kernel.</summary>
public sealed class HangingFileSystem : IDisposable
{
    private static readonly Lazy<string?> Reason = new(Try);

    private readonly ScratchDirectory _scratch = new();
    private readonly RunningProcess _daemon;

    public HangingFileSystem()
    {
        try
        {
            Directory.CreateDirectory(Source);
            Directory.CreateDirectory(MountPoint);
            _daemon = new RunningProcess("bindfs", ["-f", Source, MountPoint]);
            Eventually.True(() => IsMounted || (_daemon.HasExited ? throw new InvalidOperationException($"bindfs: {_daemon.Output}") : false));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Why there can be none here, null if there can.</summary>
    public static string? UnavailableReason => Reason.Value;

    /// <summary>How many threads of this process wait for an answer of such a daemon now.</summary>
    public static int Askers => Directory.EnumerateDirectories("/proc/self/task").Count(IsAsking);

    private string Source => _scratch.PathOf("source");

    private string MountPoint => _scratch.PathOf("mounted");

    private bool IsMounted => File.ReadLines("/proc/self/mountinfo").Any(line => line.Split(' ')[4] == MountPoint);

    /// <summary>The name of a file in it.</summary>
    public string PathOf(string name) => Path.Combine(MountPoint, name);

    /// <summary>Makes a file without asking the daemon, so that nothing of it is known to the kernel.</summary>
    public string Write(string name, string content)
    {
        File.WriteAllText(Path.Combine(Source, name), content);
        return PathOf(name);
    }

    public void Hang() => _daemon.Send(Signal.Stop);

    public void Recover() => _daemon.Send(Signal.Continue);

    public void Dispose()
    {
        if (_daemon is { HasExited: false })
        {
            Recover();
            ProcessRun.Of("fusermount3", ["-u", "-z", MountPoint]);
        }

        _daemon?.Dispose();
        _scratch.Dispose();
    }

    private static bool IsAsking(string thread)
    {
        try
        {
            return File.ReadAllText($"{thread}/wchan") == "request_wait_answer";
        }
        catch (IOException)
        {
            return false;       // it has ended
        }
    }

    private static string? Try()
    {
        try
        {
            new HangingFileSystem().Dispose();
            return null;
        }
        catch (Exception failure)
        {
            return $"no filesystem in user space here: {failure.Message}";
        }
    }
}
