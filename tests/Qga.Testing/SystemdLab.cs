namespace Qga.Testing;

/// <summary>
/// A freeze lab with one filesystem and a real systemd, which is the first process of a pid namespace and has a tree of control
/// groups of its own: it sees no process, mount or group of the machine.
/// </summary>
public sealed class SystemdLab : IDisposable
{
    /// <summary>Where the agent of a unit listens, in the lab.</summary>
    public const string Socket = "/run/agent.sock";

    private const string Systemd = "/usr/lib/systemd/systemd";

    /// <summary>What newer versions have beside it.</summary>
    private const string Executor = "/usr/lib/systemd/systemd-executor";
    private const string Units = "/etc/systemd/system";

    private static readonly Lazy<string?> Reason = new(Try);

    private readonly RunningProcess _systemd;

    public SystemdLab()
    {
        try
        {
            Lab.Mount("ext4", "/mnt/ext4");
            foreach (var program in new[] { Systemd, Executor }.Where(File.Exists))
                Lab.Install(program, program);
            Lab.Install("systemctl");
            Lab.Install("unshare", "/lab/unshare");
            Lab.Install("nsenter", "/lab/nsenter");
            Lab.Install(PublishedAgent.Executable, "/agent/qemu-ga");
            Lab.Copy(Repository.PathOf("tests/systemd-lab/boot"), "/lab/boot");
            Lab.Copy(Repository.PathOf("tests/systemd-lab/init"), "/lab/init");
            Lab.Run($"mkdir -p /var {Units} && ln -s /run /var/run && echo root:x:0:0::/:/bin/sh > /etc/passwd && echo root:x:0: > /etc/group");
            foreach (var target in new[] { "default", "sysinit", "basic", "local-fs", "shutdown" })
                WriteUnit($"{target}.target", "[Unit]\nDefaultDependencies=no");
            _systemd = Lab.Start("/lab/boot", $"qga-lab-{Guid.NewGuid():N}");
            Eventually.True(() => File.Exists(Lab.PathOf("/lab/first"))
                ? Run("systemctl is-system-running").Output is "running\n" or "degraded\n"
                : _systemd.HasExited ? throw new InvalidOperationException(_systemd.Output) : false);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Why there can be none here, null if there can.</summary>
    public static string? UnavailableReason => Reason.Value;

    public FreezeLab Lab { get; } = new();

    public FreezeLabVolume Volume => Lab.Volumes[0];

    /// <summary>The names of the control groups in which a process runs, below systemd's; null if none runs.</summary>
    public string? GroupOf(string command)
    {
        var run = Run(
            $"for p in /proc/[0-9]*; do case \"$(tr '\\0' ' ' < $p/cmdline)\" in {command}*) sed -n 's/^0:://p' $p/cgroup; esac; done 2> /dev/null");
        return run.Output.Length > 0 ? run.Output.TrimEnd('\n') : null;
    }

    /// <summary>The agent's process, as systemd numbers it.</summary>
    public string MainProcess(string unit) => Systemctl("show", "-P", "MainPID", unit);

    public void WriteUnit(string name, string content) => File.WriteAllText(Lab.PathOf($"{Units}/{name}"), $"{content}\n");

    /// <summary>Runs systemctl, which must succeed.</summary>
    /// <returns>What it wrote, less the line feed at the end.</returns>
    public string Systemctl(params string[] arguments)
    {
        var run = Run($"systemctl --no-pager {string.Join(' ', arguments)}");
        return run.ExitCode == 0 ? run.Output.TrimEnd('\n') : throw new InvalidOperationException($"{run}");
    }

    /// <summary>Runs a shell script beside systemd.</summary>
    public ProcessRun Run(string script)
    {
        using var shell = Lab.Start("/bin/sh", "-c", "exec /lab/nsenter -t \"$(cat /lab/first)\" -a -- /bin/sh -c \"$1\"", "sh", script);
        var exitCode = shell.WaitForExit();
        return new ProcessRun(exitCode, shell.Output, "");
    }

    public QmpClient Connect() => QmpClient.Connect(Lab.PathOf(Socket));

    public void Dispose()
    {
        if (_systemd is not null)
        {
            Lab.Reset();
            Eventually.True(() => _systemd.HasExited);
            const string Script = "read -r g < /lab/group; find $g -depth -type d -exec rmdir {} \\; 2> /dev/null; [ -e $g ] || echo gone";
            Eventually.True(() => Lab.Run(Script) == "gone\n");
            _systemd.Dispose();
        }

        Lab.Dispose();
    }

    private static string? Try()
    {
        if (FreezeLab.UnavailableReason is { } reason)
            return reason;
        if (!File.Exists(Systemd))
            return $"{Systemd} is missing here";
        try
        {
            using var lab = new SystemdLab();
            return null;
        }
        catch (Exception failure)
        {
            return $"no systemd can run here: {failure.Message}";
        }
    }
}
