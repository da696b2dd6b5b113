using Qga.Testing;

namespace Qga.Bench.Soak;

/// <summary>A backup that comes now and then: it freezes the guest, has a look, and thaws it.</summary>
internal sealed class SoakFreezer(FreezeLab lab, FreezeLabAgent agent, FreezeClock clock, SoakTally tally)
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Snapshot = TimeSpan.FromMilliseconds(500);

    internal void Run(CancellationToken stopping)
    {
        while (!stopping.WaitHandle.WaitOne(Between))
            Cycle();
    }

    internal void Cycle()
    {
        using var connection = new SoakConnection(agent, clock, tally);
        var all = $$"""{"return": {{lab.Volumes.Count}}}""";
        clock.Begin();
        try
        {
            connection.Expect(Qmp.Freeze, all);
            connection.Expect(Qmp.FreezeStatus, """{"return": "frozen"}""");
            Thread.Sleep(Snapshot);
            if (lab.Volumes.FirstOrDefault(volume => !volume.IsFrozen) is { } thawed)
                throw new InvalidDataException($"{thawed.MountPoint} is not frozen");
            connection.Expect(Qmp.Thaw, all);
        }
        finally
        {
            clock.End();
        }
    }
}
