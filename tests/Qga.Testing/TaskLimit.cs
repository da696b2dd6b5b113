using System.Globalization;

namespace Qga.Testing;

/// <summary>A control group that bounds how many processes and threads there may be in it, as TasksMax= of a unit does.</summary>
public sealed class TaskLimit : IDisposable
{
    private static readonly string? Hierarchy = Find();

    private readonly string _group = Path.Combine(
        Hierarchy ?? throw new InvalidOperationException(UnavailableReason), $"qga-test-{Guid.NewGuid():N}");

    public TaskLimit() => Directory.CreateDirectory(_group);

    /// <summary>Why there can be none here, null if there can.</summary>
    public static string? UnavailableReason => Hierarchy is null ? "no control group here that bounds tasks" : null;

    /// <summary>A shell command by which the shell that runs it comes into the group.</summary>
    public string Enter => $"echo $$ > {_group}/cgroup.procs";

    /// <summary>Puts a process into the group; what it starts from then on is in it too.</summary>
    public void Add(int pid) => File.WriteAllText($"{_group}/cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));

    /// <summary>Allows as many tasks as there are now, and none more.</summary>
    public void Reach() => Set(File.ReadAllText($"{_group}/pids.current").Trim());

    public void Set(string most) => File.WriteAllText($"{_group}/pids.max", most);

    public void Lift() => Set("max");

    /// <remarks>What was in there must have ended, or end now.</remarks>
    public void Dispose() => Eventually.True(() =>
    {
        try
        {
            Directory.Delete(_group);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    });

    private static string? Find()
    {
        foreach (var (hierarchy, proof) in new[] { ("/sys/fs/cgroup/pids", "tasks"), ("/sys/fs/cgroup", "cgroup.subtree_control") })
        {
            if (!File.Exists($"{hierarchy}/{proof}") || (proof != "tasks" && !File.ReadAllText($"{hierarchy}/{proof}").Contains("pids", StringComparison.Ordinal)))
                continue;
            try
            {
                var attempt = Directory.CreateDirectory($"{hierarchy}/qga-test-{Guid.NewGuid():N}");
                attempt.Delete();
                return hierarchy;
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }

        return null;
    }
}
