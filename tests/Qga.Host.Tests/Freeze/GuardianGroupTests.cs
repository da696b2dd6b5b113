using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>
/// The control group of the guardian in a guest without systemd, whose init keeps the agent in a group below the top.
/// </summary>
public sealed class GuardianGroupTests(FreezeLabFixture fixture) : FreezeLabTest(fixture)
{
    private const string Init = "/lab/init-without-systemd";
    private const string Guardian = "qga-freeze-guardian-";

    [SystemdLabFact]
    public void Guardian_is_in_no_group_with_its_agent()
    {
        var name = $"qga-lab-{Guid.NewGuid():N}";
        Lab.Install("unshare", "/lab/unshare");
        Lab.WriteProgram(Init, $$"""
            mkdir -p /lab/groups && mount -t cgroup2 cgroup2 /lab/groups
            group=/lab/groups$(sed -n 's/^0:://p' /proc/self/cgroup)/{{name}}
            mkdir "$group" && echo $$ > "$group/cgroup.procs"
            exec /lab/unshare --mount --pid --fork --kill-child --cgroup /bin/sh -c '
                umount -l /lab/groups && mount -t proc proc /proc && mount -t cgroup2 cgroup2 /sys/fs/cgroup && mkdir /sys/fs/cgroup/service
                { echo 0 > /sys/fs/cgroup/service/cgroup.procs; exec "$@"; } &
                wait' sh "$@"
            """);
        try
        {
            using (var agent = FreezeLabAgent.StartBy(Lab, [Init], "-t", FreezeSession.StateDirectory, "-l", Log))
            using (var client = agent.Connect())
            {
                for (var time = 0; time < 2; time++)
                {
                    AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
                    Assert.Single(Groups(name), group => group.StartsWith(Guardian, StringComparison.Ordinal));
                    AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
                }
            }

            Assert.DoesNotContain("control group", TextOf(Log), StringComparison.Ordinal);
        }
        finally
        {
            Lab.Reset();
            var script = $"find {Top}/{name} -depth -type d -exec rmdir {{}} \\; 2> /dev/null; [ -e {Top}/{name} ] || echo gone";
            Eventually.True(() => Lab.Run(script) == "gone\n");
            Lab.Run("umount -l /lab/groups");
        }
    }

    private string Top => "/lab/groups" + Lab.Run("sed -n 's/^0:://p' /proc/self/cgroup").TrimEnd('\n');

    /// <summary>The groups below one.</summary>
    private string[] Groups(string name) => Lab.Run($"ls {Top}/{name}").Split('\n');
}
