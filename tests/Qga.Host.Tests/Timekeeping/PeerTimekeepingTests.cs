using Newtonsoft.Json.Linq;
using Qga.Host.Tests.Inventory;
using Qga.Testing;

namespace Qga.Host.Tests.Timekeeping;

/// <summary>What the real qemu-ga and ours say about the time. Neither sets it: only what can't be done is asked for.</summary>
public sealed class PeerTimekeepingTests
{
    [PeerFact]
    public void Both_tell_the_same_time_to_the_microsecond()
    {
        using var agents = new AgentPair();
        var before = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks / 10 * 1000;

        var (peer, ours) = agents.Ask("""{"execute":"guest-get-time"}""");

        var after = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
        Assert.InRange((long)peer, before, (long)ours);
        Assert.InRange((long)ours, (long)peer, after);
        Assert.Equal((0, 0), ((long)peer % 1000, (long)ours % 1000));
    }

    [PeerFact]
    public void Same_times_are_refused()
    {
        using var agents = new AgentPair();

        // 2071, 1960, and both ends: whatever the zone is.
        foreach (var time in (long[])[3_187_296_000_000_000_000, -315_619_200_000_000_000, long.MaxValue, long.MinValue])
            Assert.StartsWith("Invalid time", agents.AssertSameError(SetTime(time)));
        agents.AssertSameError(SetTime("now"));
        agents.AssertSameError(SetTime(JValue.CreateNull()));
        agents.AssertSameError("""{"execute":"guest-set-time","arguments":{"tim":1}}""");
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void Refusal_of_the_kernel_is_told_in_the_same_words()
    {
        // Root without the right to set the clock; should that fail, it is set to what it is.
        using var agents = new AgentPair("setpriv", "--bounding-set=-sys_time", "--inh-caps=-sys_time");
        var now = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;

        Assert.Equal("Failed to set time to guest: Operation not permitted", agents.AssertSameError(SetTime(now)));
    }

    private static string SetTime(JToken time) => Qmp.Request("guest-set-time", ("time", time));
}
