using System.Diagnostics;
using System.Text;
using Qga.Platform.Native;
using Qga.Platform.Proc;
using Qga.Platform.Systemd;
using Tmds.DBus.Protocol;

namespace Qga.Platform.Freeze.Guardian;

/// <summary>
/// The control group of a guardian. It is born into that of its agent, which a service manager empties when it stops or restarts
/// the agent: without a group of its own the guardian is ended too, or the next agent has to wait for its end. Under systemd that
/// group is a scope; elsewhere it is made in the kernel's tree of groups, which is nobody's there.
/// </summary>
public static class GuardianGroup
{
    private const string Prefix = GuardianSettings.ProgramName + "-";

    /// <summary>
    /// systemd and its jobs are quick, but for one that is busy with something else; and a freeze is not to wait for that.
    /// </summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    /// <summary>Beyond what the hook may take: for the filesystems, and a process that is slow to be scheduled.</summary>
    private static readonly TimeSpan StopMargin = TimeSpan.FromSeconds(40);

    /// <summary>
    /// What systemd sends to all processes of the scope when that is stopped. TERM would end the hook that is called then, and a
    /// guardian that is in the group of its agent does not heed TERM. Processes ignore this signal unless they ask for it.
    /// </summary>
    internal const int StopSignal = LibC.SIGURG;

    /// <summary>
    /// Why a guardian would not get a group of its own, in words for an administrator; null if it would, or needs none.
    /// </summary>
    /// <param name="agent">The process that would start it.</param>
    /// <param name="where">What it would be in.</param>
    public static string? Obstacle(int agent, out string where)
    {
        where = "a scope of systemd";
        try
        {
            if (SystemdManager.IsThere)
            {
                where += $" {SystemdManager.UseAsync(Limit, static systemd => systemd.VersionAsync()).GetAwaiter().GetResult()}";
                return null;
            }

            var trees = Trees(agent);
            where = trees.Count == 0 ? "none, as the agent is in none either" : string.Join(" and ", trees);
            return trees.FirstOrDefault(tree => LibC.IsWritable(tree) != Errno.Success) is { } closed ? $"{closed} can't be written to" : null;
        }
        catch (Exception failure) when (failure is SystemdException or PlatformException)
        {
            return failure.Message;
        }
    }

    /// <summary>What it means for a freeze that its guardian has no group of its own.</summary>
    /// <param name="obstacle">Why it has none; null if it has.</param>
    public static IEnumerable<string> WarningsOf(string? obstacle) => obstacle is null
        ? []
        : [$"the freeze guardian has no control group of its own, and may be ended together with the agent: {obstacle}"];

    /// <summary>Gives a guardian a group of its own, or tries to for no longer than <see cref="Limit"/>.</summary>
    /// <param name="guardian">The process.</param>
    /// <param name="hookLimit">How long the hook may take that it calls after a thaw.</param>
    /// <returns>Why it has none; null if it has, or needs none.</returns>
    internal static string? TrySeparate(int guardian, TimeSpan hookLimit)
    {
        try
        {
            if (SystemdManager.IsThere)
                SystemdManager.UseAsync(Limit, systemd => EnterScopeAsync(systemd, guardian, hookLimit)).GetAwaiter().GetResult();
            else
                Trees(guardian).ForEach(tree => EnterGroup(tree, guardian));
            return null;
        }
        catch (Exception failure) when (failure is SystemdException or PlatformException)
        {
            return failure.Message;
        }
    }

    private static bool IsGuardians(ControlGroup group) =>
        group.Path[(group.Path.LastIndexOf('/') + 1)..].StartsWith(Prefix, StringComparison.Ordinal);

    private static async Task<bool> EnterScopeAsync(SystemdManager systemd, int guardian, TimeSpan hookLimit)
    {
        var name = $"{Prefix}{guardian}.scope";
        List<(string, VariantValue)> properties =
        [
            ("Description", "Thaws the guest when the agent that has frozen it is gone"),
            ("PIDs", VariantValue.Array((uint[])[(uint)guardian])),

            // At the guest's end it thaws before anything is unmounted.
            ("After", VariantValue.Array((string[])["local-fs.target"])),
            ("TimeoutStopUSec", (ulong)(hookLimit + StopMargin).TotalMicroseconds),

            // Those that not every version knows, the newest last.
            ("KillSignal", StopSignal),
            ("CollectMode", "inactive-or-failed"),
            ("ManagedOOMPreference", "omit"),
        ];
        await StartAsync(systemd, name, properties, needed: 4);

        // The job is under way; who asks has a limit for that.
        for (var waited = Stopwatch.StartNew(); !ControlGroup.Of(guardian).Any(IsGuardians) && waited.Elapsed < Limit;)
            await Task.Delay(Pause);
        return true;
    }

    /// <summary>Has the scope started with as many of the properties as are known.</summary>
    private static async Task StartAsync(SystemdManager systemd, string name, List<(string, VariantValue)> properties, int needed)
    {
        for (var count = properties.Count; ; count--)
        {
            try
            {
                await systemd.StartScopeAsync(name, [.. properties.Take(count)]);
                return;
            }
            catch (SystemdException refusal) when (refusal.ErrorName is not null && count > needed)
            {
                // It does not know the last of them.
            }
        }
    }

    /// <summary>The tops of the trees in which a process is kept together with others.</summary>
    /// <exception cref="PlatformException">One of them belongs to somebody else, or can't be seen.</exception>
    private static List<string> Trees(int process)
    {
        var first = ControlGroup.Of(1);
        return
        [
            .. from own in ControlGroup.Of(process)
               where own is { KeepsTogether: true, Path: not "/" }
               let tree = first.Any(other => other == own with { Path = "/" }) ? TreeOf(own) : null
               select tree ?? throw new PlatformException(
                   $"{own.Path} can't be left: the tree of control groups is not the guest's own")
        ];
    }

    private static string? TreeOf(ControlGroup group)
    {
        _ = KernelFile.Read("/proc/self/mountinfo", out var mounts);
        return MountInfo.Parse(mounts).FirstOrDefault(mount =>
            mount.Root == "/"
            && (group.Controllers.Length == 0
                ? mount.Type == "cgroup2"
                : mount.Type == "cgroup" && mount.SuperOptions.Split(',').Contains(group.Controllers)))
            ?.MountPoint;
    }

    private static void EnterGroup(string tree, int guardian)
    {
        // Those that guardians have left behind, which can't remove what they are in; the kernel keeps one that is not empty.
        if (LibC.List(tree, out var names) == Errno.Success)
        {
            foreach (var left in names.Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
                LibC.RemoveDirectory($"{tree}/{left}");
        }

        var group = $"{tree}/{Prefix}{guardian}";
        SystemCallException.ThrowIfFailed(LibC.MakeDirectory(group, FileModes.ReadableDirectory), $"failed to make {group}");
        var errno = LibC.Open($"{group}/cgroup.procs", LibC.O_WRONLY, out var processes);
        using (processes)
        {
            if (errno == Errno.Success)
                errno = LibC.WriteAll(processes, Encoding.ASCII.GetBytes($"{guardian}"));
        }

        SystemCallException.ThrowIfFailed(errno, $"failed to enter {group}");
    }
}
