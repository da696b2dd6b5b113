using System.Buffers.Text;
using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.Processors;

/// <summary>The guest's memory as /sys/devices/system/memory has it: memory-hotplug.rst of the kernel's admin guide.</summary>
public sealed class LinuxMemoryInventory : IMemoryInventory
{
    private readonly string _root;

    public LinuxMemoryInventory()
        : this("/sys")
    {
    }

    internal LinuxMemoryInventory(string sys) => _root = $"{sys}/devices/system/memory/";

    public IReadOnlyList<MemoryBlock> Blocks()
    {
        var errno = LibC.List(_root, out var names);
        if (errno == Errno.ENOENT)
            return [];
        SystemCallException.ThrowIfFailed(errno, $"Can't open directory\"{_root}\"");

        var blocks = new List<MemoryBlock>(names.Count);
        foreach (var name in names)
        {
            if (!Fields.TryNumbered("memory", name, out var index))
                continue;

            if (SysfsSwitch.Read($"{_root}{name}/state") is { } state)
                blocks.Add(new MemoryBlock(index, IsOnline(state), CanOffline(name)));
            else if (LibC.Status($"{_root}{name}", out _) == Errno.Success)     // else it has just been unplugged
                blocks.Add(new MemoryBlock(index, IsOnline: true, CanOffline: false));
        }

        return blocks.Count > 0 ? blocks : throw new PlatformException("guest reported zero memory blocks!");
    }

    public MemoryBlockChange SetOnline(ulong block, bool isOnline)
    {
        var directory = $"{_root}memory{block}";
        if (LibC.DirectoryStatus(directory) is not Errno.Success and var missing)
            return new MemoryBlockChange(OutcomeOfMissing(missing), missing);

        try
        {
            if (SysfsSwitch.Read($"{directory}/state") is { } state)
                return IsOnline(state) == isOnline ? MemoryBlockChange.Success : Write($"{directory}/state", isOnline);
        }
        catch (SystemCallException failure)
        {
            return new MemoryBlockChange(MemoryBlockOutcome.OperationFailed, failure.Errno);
        }
        catch (PlatformException)
        {
            return new MemoryBlockChange(MemoryBlockOutcome.OperationFailed, Errno.Success);    // it is empty, which is no error of a call
        }

        // Of a kernel that can't take memory out of use, all memory is online.
        return isOnline ? MemoryBlockChange.Success : new MemoryBlockChange(MemoryBlockOutcome.OperationNotSupported, Errno.ENOENT);
    }

    public ulong BlockSize()
    {
        SystemCallException.ThrowIfFailed(LibC.DirectoryStatus(_root), $"open(\"{_root}\")");
        SystemCallException.ThrowIfFailed(KernelFile.Read($"{_root}block_size_bytes", out var text), "open sysfs file \"block_size_bytes\"");
        var digits = text.AsSpan().TrimEnd((byte)'\n');
        return Utf8Parser.TryParse(digits, out ulong size, out var length, 'x') && length == digits.Length
            ? size
            : throw new PlatformException("sysfs file \"block_size_bytes\" holds no number");
    }

    private MemoryBlockOutcome OutcomeOfMissing(Errno errno) => errno != Errno.ENOENT
        ? MemoryBlockOutcome.OperationFailed
        : LibC.DirectoryStatus(_root) == Errno.Success ? MemoryBlockOutcome.NotFound : MemoryBlockOutcome.OperationNotSupported;

    private static MemoryBlockChange Write(string state, bool isOnline) =>
        SysfsSwitch.Write(state, isOnline ? "online"u8 : "offline"u8) is not Errno.Success and var errno
            ? new MemoryBlockChange(MemoryBlockOutcome.OperationFailed, errno)
            : MemoryBlockChange.Success;

    private static bool IsOnline(byte[] state) => state.AsSpan().StartsWith("online"u8);

    private bool CanOffline(string name) => SysfsSwitch.Read($"{_root}{name}/removable") is { } removable && removable[0] != '0';
}
