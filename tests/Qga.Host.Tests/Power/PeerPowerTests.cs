using Qga.Testing;

namespace Qga.Host.Tests.Power;

/// <summary>The real qemu-ga and ours in the same guests: they run the same programs with the same arguments, and say the same of it.</summary>
public sealed class PeerPowerTests
{
    private const string AllStates = "freeze mem disk\n";

    private static readonly string[] Ways = ["guest-suspend-disk", "guest-suspend-ram", "guest-suspend-hybrid"];

    [FreezeLabFact(NeedsPeer = true)]
    public void Guest_goes_down_in_the_same_way()
    {
        using var lab = new PowerLab();
        using var agents = new Agents(lab);
        string[] requests =
        [
            """{"execute":"guest-shutdown"}""",
            .. new[] { "powerdown", "halt", "reboot", "off", "" }.Select(mode => Qmp.Request("guest-shutdown", ("mode", mode))),
            Qmp.Request("guest-shutdown", ("mode", 1)),
        ];

        foreach (var request in requests)
        {
            agents.AssertSame(request, null, ("/sbin/shutdown", ""));
            agents.AssertSame(request, null, ("/sbin/shutdown", ""), ("/sbin/poweroff", ""), ("/sbin/halt", ""), ("/sbin/reboot", ""));
            agents.AssertSame(request, null, ("/sbin/shutdown", ""), ("/sbin/poweroff", "exit 3"));
            agents.AssertSame(request, null, ("/sbin/shutdown", "echo not now; echo later >&2; exit 1"));
            agents.AssertSame(request, null, ("/sbin/shutdown", "echo oh; kill -9 $$"));
        }
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void Guest_goes_down_by_what_programs_it_has()
    {
        const string NotFound = "child process has failed to shutdown: failed to exec '/sbin/shutdown': No such file or directory\n\n";
        using var lab = new PowerLab();
        using var peer = lab.StartPeer();
        using var ours = lab.StartOurs();

        foreach (var mode in (string[])["poweroff", "halt", "reboot"])
        {
            var request = Qmp.Request("guest-shutdown", ("mode", mode == "poweroff" ? "powerdown" : mode));
            AssertCalls($"/bin/{mode}", ($"/bin/{mode}", ""), ("/bin/systemctl", ""));
            AssertCalls(
                $"/bin/shutdown -h -{(mode == "reboot" ? 'r' : char.ToUpperInvariant(mode[0]))} +0 hypervisor initiated shutdown",
                ("/bin/shutdown", ""));
            AssertCalls($"/bin/systemctl {mode}", ("/bin/systemctl", ""));
            AssertCalls($"/sbin/{mode}", ($"/sbin/{mode}", ""), ($"/bin/{mode}", ""), ("/bin/systemctl", ""));

            // The agent is process 1 of the lab, and there is a busybox.
            var error = lab.Ask(ours, request, null);
            Assert.StartsWith(NotFound.TrimEnd(), error);
            Assert.EndsWith("; /bin/busybox, of busybox, would only signal process 1, and that is the agent itself\n", error);
            Assert.All([mode, "shutdown", "systemctl", "busybox"], program => Assert.Contains(program, error));

            // In no PATH.
            AssertCalls($"/run/current-system/sw/bin/{mode}", ($"/run/current-system/sw/bin/{mode}", ""));

            void AssertCalls(string call, params (string Path, string Script)[] programs)
            {
                Assert.Equal($"success\n{call}\n", lab.Ask(ours, request, null, programs));
                if (!programs[0].Path.StartsWith("/sbin", StringComparison.Ordinal))
                    Assert.Equal(NotFound, lab.Ask(peer, request, null, programs));
            }
        }
    }

    [Trait("Speed", "Slow")]
    [FreezeLabFact(NeedsPeer = true)]
    public void Guest_sleeps_in_the_same_way()
    {
        using var lab = new PowerLab();
        using var agents = new Agents(lab);

        foreach (var request in Ways.Select(way => Qmp.Request(way)))
        {
            foreach (var state in (string?[])[null, "", "freeze\n", AllStates])
            {
                agents.AssertSame(request, state);
                for (var status = 0; status <= 5; status++)
                {
                    agents.AssertSame(request, state, Systemd(status, suspend: 0));
                    agents.AssertSame(request, state, Systemd(status, suspend: 1));
                }

                agents.AssertSame(request, state, PmUtils(isSupported: 0, suspend: 0));
                agents.AssertSame(request, state, PmUtils(isSupported: 0, suspend: 1));
                agents.AssertSame(request, state, PmUtils(isSupported: 1, suspend: 0));
                agents.AssertSame(request, state, [Systemd(3, suspend: 1), .. PmUtils(isSupported: 0, suspend: 0)]);
                agents.AssertSame(request, state, [Systemd(3, suspend: 1), .. PmUtils(isSupported: 0, suspend: 1)]);
                agents.AssertSame(request, state, [Systemd(3, suspend: 1), .. PmUtils(isSupported: 1, suspend: 1)]);
                agents.AssertSame(request, state, ("/bin/systemctl", "kill -9 $$"));
            }
        }
    }

    private static (string Path, string Script) Systemd(int status, int suspend) =>
        ("/bin/systemctl", $"[ $1 = status ] && exit {status}; echo noise; exit {suspend}");

    private static (string Path, string Script)[] PmUtils(int isSupported, int suspend) =>
    [
        ("/bin/pm-is-supported", $"exit {isSupported}"),
        .. new[] { "pm-hibernate", "pm-suspend", "pm-suspend-hybrid" }.Select(program => ($"/bin/{program}", $"exit {suspend}")),
    ];

    /// <summary>Both agents in one lab.</summary>
    private sealed class Agents(PowerLab lab) : IDisposable
    {
        private readonly QmpClient _peer = lab.StartPeer();
        private readonly QmpClient _ours = lab.StartOurs();

        internal void AssertSame(string request, string? state, params (string Path, string Script)[] programs)
        {
            var scene = $"{request} with {string.Join(", ", programs)}, state {state}:\n";
            Assert.Equal(scene + lab.Ask(_peer, request, state, programs), scene + lab.Ask(_ours, request, state, programs));
        }

        public void Dispose()
        {
            _peer.Dispose();
            _ours.Dispose();
        }
    }
}
