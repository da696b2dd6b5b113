using System.Globalization;
using Qga.Platform.Native;
using Qga.Platform.Proc;
using Qga.Platform.Processes;

namespace Qga.Platform.Diagnosis;

/// <summary>A process of the guest.</summary>
/// <param name="id">Its process id.</param>
/// <param name="name">The name of its program, as the kernel keeps it: 15 bytes at most.</param>
public sealed class ProcessEntry(int id, string name)
{
    public int Id => id;

    public string Name => name;

    /// <summary>The path of its executable; empty for a thread of the kernel, one that has ended, or is kept from us.</summary>
    public string Executable => ProgramIdentity.ExecutableOf(id);

    /// <summary>
    /// Its command line; empty for a thread of the kernel. The kernel takes it out of the memory of the process, and waits without limit for
    /// one that is stuck while it changes that, as in a frozen filesystem or on a dead server: ask only those that are known by something else.
    /// </summary>
    public IReadOnlyList<string> Arguments => field ??= ProcessTable.ArgumentsOf(id);

    /// <summary>What it was started as; empty for a thread of the kernel.</summary>
    public string Command => Arguments is [var command, ..] ? command : "";

    /// <summary>Whether it belongs to root.</summary>
    public bool IsRoots => LibC.Status($"/proc/{id}", out var status) == Errno.Success && status.Uid == 0;

    /// <summary>Whether it sees the filesystems that we see: no process of a container does.</summary>
    public bool SharesOurMounts =>
        LibC.ReadLink($"/proc/{id}/ns/mnt", out var theirs) == Errno.Success && LibC.ReadLink("/proc/self/ns/mnt", out var ours) == Errno.Success
            && theirs == ours;

    /// <summary>Whether it has that file open.</summary>
    public bool HasOpen(string path)
    {
        var directory = $"/proc/{id}/fd";
        return LibC.List(directory, out var numbers) == Errno.Success
            && numbers.Exists(number => LibC.ReadLink($"{directory}/{number}", out var target) == Errno.Success && target == path);
    }
}

/// <summary>The processes of the guest.</summary>
public static class ProcessTable
{
    /// <summary>All but this one. One that ends meanwhile may be missing.</summary>
    /// <exception cref="PlatformException">They can't be listed.</exception>
    public static IReadOnlyList<ProcessEntry> Others() =>
    [
        .. from id in OtherIds()
           let program = KernelFile.TryRead($"/proc/{id}/comm")
           where program is not null
           select new ProcessEntry(id, program)
    ];

    /// <summary>The process ids of all but this one.</summary>
    /// <exception cref="PlatformException">They can't be listed.</exception>
    public static IReadOnlyList<int> OtherIds()
    {
        SystemCallException.ThrowIfFailed(LibC.List("/proc", out var names), "failed to list the processes");
        return
        [
            .. from name in names
               let id = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0
               where id > 0 && id != Environment.ProcessId
               select id
        ];
    }

    /// <summary>The command line of a process; empty if there is none. See <see cref="ProcessEntry.Arguments"/>.</summary>
    public static IReadOnlyList<string> ArgumentsOf(int process) =>
        KernelFile.TryRead($"/proc/{process}/cmdline") is { Length: > 0 } arguments ? arguments.TrimEnd('\0').Split('\0') : [];
}
