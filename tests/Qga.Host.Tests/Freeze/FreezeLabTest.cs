using System.Diagnostics;
using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>A test of the published agent in the lab, which is as it was again afterwards.</summary>
public abstract class FreezeLabTest : IClassFixture<FreezeLabFixture>, IDisposable
{
    protected const string Log = "/run/log";
    protected const string HookLog = "/run/hook.log";
    protected const string Hook = "/run/hook";

    private readonly HashSet<FreezeLabVolume> _furniture;
    private readonly List<FreezeLabAgent> _agents = [];
    private readonly List<(RunningProcess Daemon, string? MountPoint)> _daemons = [];

    protected FreezeLabTest(FreezeLabFixture fixture)
    {
        Lab = fixture.Lab;
        _furniture = [.. Lab.Volumes];
        FreezeSession.Prepare(Lab);
    }

    protected FreezeLab Lab { get; }

    /// <summary>The mount points that are frozen, in the order of mounting.</summary>
    protected IEnumerable<string> Frozen => Lab.Volumes.Where(volume => volume.IsFrozen).Select(volume => volume.MountPoint);

    /// <summary>Those that a freeze of everything freezes.</summary>
    protected IEnumerable<string> Freezable => Lab.Volumes.Where(volume => volume.CanBeFrozen).Select(volume => volume.MountPoint);

    protected IEnumerable<FreezeLabProcess> Guardians =>
        Lab.Processes.Where(process => process.Command.StartsWith("qga-freeze-guardian", StringComparison.Ordinal));

    /// <summary>Lets the agent find no trace of an earlier test, and the next test none of this one.</summary>
    public virtual void Dispose()
    {
        Lab.Reset();
        _agents.ForEach(agent => agent.Dispose());
        foreach (var volume in Lab.Volumes.Reverse().Where(volume => !_furniture.Contains(volume)).ToList())
            Lab.Unmount(volume.MountPoint);
        foreach (var (daemon, mountPoint) in _daemons)
        {
            if (mountPoint is not null)
                Lab.Unmount(mountPoint);
            daemon.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Starts the agent with a log and a state directory on a tmpfs, unless the options say otherwise.</summary>
    /// <param name="settings">Lines for group [qga] of its configuration.</param>
    /// <param name="options">What it gets on its command line.</param>
    protected FreezeLabAgent Start(string settings, params string[] options) => StartBy([], settings, options);

    /// <summary>Starts the agent by way of another program, as env(1).</summary>
    protected FreezeLabAgent StartBy(string[] launcher, string settings, params string[] options)
    {
        var configuration = Lab.PathOf("/etc/qemu-ga.conf");
        File.WriteAllText(configuration, $"[qga]\n{settings}\n");
        File.SetUnixFileMode(configuration, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return Keep(FreezeLabAgent.StartBy(Lab, launcher, ["-c", "/etc/qemu-ga.conf", "-t", FreezeSession.StateDirectory, "-l", Log, .. options]));
    }

    /// <summary>Starts the agent with these options alone.</summary>
    protected FreezeLabAgent StartWith(params string[] options) => Keep(FreezeLabAgent.Start(Lab, options));

    private FreezeLabAgent Keep(FreezeLabAgent agent)
    {
        _agents.Add(agent);
        return agent;
    }

    /// <summary>Makes the hook: it logs its action and reason, and then does what the script says.</summary>
    protected void WriteHook(string script) => Lab.WriteProgram(Hook, $"echo $1 $QGA_HOOK_REASON >> {HookLog}\n{script}");

    protected RunningProcess MountBindfs(string mountPoint)
    {
        var daemon = Lab.MountBindfs("/shown", mountPoint);
        _daemons.Add((daemon, mountPoint));
        return daemon;
    }

    protected RunningProcess MountNtfs(string mountPoint)
    {
        var (_, daemon) = Lab.MountNtfs(mountPoint);
        _daemons.Add((daemon, MountPoint: null));
        return daemon;
    }

    /// <summary>
    /// Seconds of a deadline that passes soon, but not as long as this machine, busy as it is now, is freezing: the time that a freeze and its thaw
    /// take, twenty times.
    /// </summary>
    protected int Moment()
    {
        var agent = Start("");
        using var client = agent.Connect();
        var began = Stopwatch.GetTimestamp();
        AssertFreezesAndThawsAll(client);
        var taken = Stopwatch.GetElapsedTime(began);
        agent.Send(Signal.Terminate);
        agent.WaitForExit();
        return 1 + (int)(20 * taken.TotalSeconds);
    }

    protected string TextOf(string path) => File.Exists(Lab.PathOf(path)) ? File.ReadAllText(Lab.PathOf(path)) : "";

    protected bool IsMarked(string stateDirectory = FreezeSession.StateDirectory) => File.Exists(Lab.PathOf($"{stateDirectory}/qga.state.isfrozen"));

    protected void AssertFreezesAndThawsAll(QmpClient client)
    {
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
    }

    /// <summary>Nothing is left of a freeze.</summary>
    protected void AssertAtRest()
    {
        Assert.Empty(Frozen);
        Assert.False(IsMarked());
        Eventually.True(() => !Guardians.Any());
        Lab.WriteEverywhere();
    }

    protected static void AssertReturns<T>(T value, string answer) =>
        Assert.Equal($$"""{"return": {{(value is string ? $"\"{value}\"" : value)}}}""", answer);
}
