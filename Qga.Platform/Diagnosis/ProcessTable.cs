using System.Globalization;
using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.Diagnosis;

/// <summary>A process of the guest.</summary>
/// <param name="Id">Its process id.</param>
/// <param name="Name">The name of its program, as the kernel keeps it: 15 bytes at most.</param>
/// <param name="Arguments">Its command line; empty for a thread of the kernel.</param>
public sealed record ProcessEntry(int Id, string Name, IReadOnlyList<string> Arguments)
{
    /// <summary>What it was started as; empty for a thread of the kernel.</summary>
    public string Command => Arguments is [var command, ..] ? command : "";

    /// <summary>Whether it belongs to root.</summary>
    public bool IsRoots => LibC.Status($"/proc/{Id}", out var status) == Errno.Success && status.Uid == 0;

    /// <summary>Whether it sees the filesystems that we see: no process of a container does.</summary>
    public bool SharesOurMounts =>
        LibC.ReadLink($"/proc/{Id}/ns/mnt", out var theirs) == Errno.Success && LibC.ReadLink("/proc/self/ns/mnt", out var ours) == Errno.Success
            && theirs == ours;

    /// <summary>Whether it has that file open.</summary>
    public bool HasOpen(string path)
    {
        var directory = $"/proc/{Id}/fd";
        return LibC.List(directory, out var numbers) == Errno.Success
            && numbers.Exists(number => LibC.ReadLink($"{directory}/{number}", out var target) == Errno.Success && target == path);
    }
}

/// <summary>The processes of the guest.</summary>
public static class ProcessTable
{
    /// <summary>All but this one. One that ends meanwhile may be missing.</summary>
    public static IReadOnlyList<ProcessEntry> Others()
    {
        SystemCallException.ThrowIfFailed(LibC.List("/proc", out var names), "failed to list the processes");
        return
        [
            .. from name in names
               let id = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0
               where id > 0 && id != Environment.ProcessId
               let program = KernelFile.TryRead($"/proc/{id}/comm")
               where program is not null
               select new ProcessEntry(id, program, ArgumentsOf(id))
        ];
    }

    /// <summary>The command line of a process; empty if there is none.</summary>
    public static IReadOnlyList<string> ArgumentsOf(int process) =>
        KernelFile.TryRead($"/proc/{process}/cmdline") is { Length: > 0 } arguments ? arguments.TrimEnd('\0').Split('\0') : [];
}
