namespace Qga.Platform.Proc;

/// <summary>A line of /proc/PID/cgroup: the control group of a process in one hierarchy, see cgroups(7).</summary>
/// <param name="Controllers">What limits resources there, or <c>name=</c> and a name; empty for version 2.</param>
/// <param name="Path">The group, as seen from the root of our cgroup namespace.</param>
internal sealed record ControlGroup(string Controllers, string Path)
{
    /// <summary>Whether processes are kept together there, so that who ends a service ends them all.</summary>
    public bool KeepsTogether => Controllers.Length == 0 || Controllers.StartsWith("name=", StringComparison.Ordinal);

    /// <summary>Those of a process; none if it has ended.</summary>
    public static IReadOnlyList<ControlGroup> Of(int process) => Parse(KernelFile.TryRead($"/proc/{process}/cgroup") ?? "");

    /// <summary>A line that makes no sense is left out.</summary>
    internal static IReadOnlyList<ControlGroup> Parse(string text) =>
    [
        .. from line in text.Split('\n')
           let fields = line.Split(':', 3)
           where fields.Length == 3
           select new ControlGroup(fields[1], fields[2])
    ];
}
