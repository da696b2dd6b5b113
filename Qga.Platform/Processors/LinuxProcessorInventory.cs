using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.Processors;

/// <summary>The guest's processors as /sys/devices/system/cpu has them, and /proc/stat counts their time.</summary>
public sealed class LinuxProcessorInventory : IProcessorInventory
{
    private readonly string _processors;
    private readonly string _times;

    public LinuxProcessorInventory()
        : this("/sys", "/proc")
    {
    }

    internal LinuxProcessorInventory(string sys, string proc) => (_processors, _times) = ($"{sys}/devices/system/cpu", $"{proc}/stat");

    public IReadOnlyList<Processor> Processors()
    {
        SystemCallException.ThrowIfFailed(LibC.List(_processors, out var names), $"failed to list entries: {_processors}");
        var processors = new List<Processor>();
        foreach (var name in names)
        {
            if (!Fields.TryNumbered("cpu", name, out var id) || id > long.MaxValue)
                continue;

            // Without the file it always works; without its directory it has just been unplugged.
            if (SysfsSwitch.Read($"{_processors}/{name}/online") is { } state)
                processors.Add(new Processor((long)id, IsOnline(state), CanOffline: true));
            else if (LibC.Status($"{_processors}/{name}", out _) == Errno.Success)
                processors.Add(new Processor((long)id, IsOnline: true, CanOffline: false));
        }

        return processors.Count > 0 ? processors : throw new PlatformException($"no processors in {_processors}");
    }

    public void SetOnline(long processor, bool isOnline)
    {
        var directory = $"{_processors}/cpu{processor}/";
        SystemCallException.ThrowIfFailed(LibC.DirectoryStatus(directory), $"Could not open '{directory}'");

        var file = $"{directory}online";
        if (SysfsSwitch.Read(file) is { } state)
        {
            if (IsOnline(state) != isOnline)
                SystemCallException.ThrowIfFailed(SysfsSwitch.Write(file, isOnline ? "1"u8 : "0"u8), $"pwrite(\"{file}\")");
        }
        else if (!isOnline)
        {
            throw new PlatformException($"logical processor #{processor} can't be offlined");
        }
    }

    public IReadOnlyList<ProcessorTimes> Times()
    {
        SystemCallException.ThrowIfFailed(KernelFile.Read(_times, out var text), $"open(\"{_times}\")");
        return ProcessorTimes.Parse(text, LibC.TicksPerSecond);
    }

    public LoadAverage Load()
    {
        SystemCallException.ThrowIfFailed(LibC.LoadAverages(out var one, out var five, out var fifteen), "cannot query load average");
        return new LoadAverage(one, five, fifteen);
    }

    private static bool IsOnline(byte[] state) => state[0] != '0';
}
