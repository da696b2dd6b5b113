using Qga.Platform.Processors;

namespace Qga.Actors.Tests.Processors;

public sealed class GuestGetCpuStatsTests : AgentFixture
{
    [Fact]
    public void Times_are_told_as_far_as_the_kernel_counts_them()
    {
        Processors.Spent.Add(new ProcessorTimes(0, [1, 2, 3, 4]));
        Processors.Spent.Add(new ProcessorTimes(7, [1, 2, 3, 4, 5, 6, 7, 8, 9, ulong.MaxValue]));

        Assert.Equal(
            """
            {"return": [{"type": "linux", "cpu": 0, "user": 1, "nice": 2, "system": 3, "idle": 4}, {"type": "linux", "cpu": 7, "user": 1, "nice": 2, "system": 3, "idle": 4, "iowait": 5, "irq": 6, "softirq": 7, "steal": 8, "guest": 9, "guestnice": 18446744073709551615}]}
            """.Trim(),
            Ask(StartAgent(), "guest-get-cpustats"));
    }
}
