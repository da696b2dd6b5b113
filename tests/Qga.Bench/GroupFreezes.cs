using System.Globalization;
using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Bench;

/// <summary>How close together many guests are frozen by <c>qgactl freeze</c>, how long they wait, and what many of them take.</summary>
internal sealed class GroupFreezes : IMeasurement
{
    private const int Guests = 8;
    private const int Few = 250;
    private const int Many = 1000;

    /// <summary>Says how much memory its parent has taken at most.</summary>
    private const string Memory = "grep VmHWM /proc/$PPID/status";

    private static readonly string Tool = Repository.PathOf("artifacts/publish-ctl/qgactl");

    public string Name => "group";

    public string Method =>
        $"qgactl freeze; {Guests} agents on unix sockets, each with one ext4 in a mount namespace of its own, and a snapshot command that does nothing; "
        + $"{Few} and {Many} simulated guests in another process, which know a deadline as qga does, or not";

    public int Runs => 5;

    /// <summary>It, where there can be filesystems to freeze.</summary>
    internal static IEnumerable<IMeasurement> All => FreezeLab.UnavailableReason is null && File.Exists(Tool) ? [new GroupFreezes()] : [];

    public IReadOnlyList<Reading> Take(Contender contender)
    {
        var real = Real(contender);
        var (few, many) = (Simulated(contender, Few), Simulated(contender, Many));
        return
        [
            new($"skew of {Guests} guests", "ms", (double)real.Report["skewMs"]!),
            new($"window of {Guests} guests, without the snapshot", "ms", WindowOf(real.Report)),
            new($"skew of {Many} simulated guests", "ms", (double)many.Report["skewMs"]!),
            new($"qgactl's memory with {Many} simulated guests", "MB", many.Memory / 1024.0),
            new($"and for each beyond {Few}", "kB", (many.Memory - few.Memory) / (double)(Many - Few)),
        ];
    }

    private static (JObject Report, long Memory) Real(Contender contender)
    {
        var labs = new List<FreezeLab>();
        var agents = new List<FreezeLabAgent>();
        try
        {
            for (var guest = 0; guest < Guests; guest++)
            {
                labs.Add(new FreezeLab());
                labs[guest].Mount("ext4", "/mnt/one");
                agents.Add(contender == Contender.Ours ? FreezeLabAgent.Start(labs[guest], "-t", "/run") : FreezeLabAgent.StartPeer(labs[guest], "-t", "/run"));
            }

            return Freeze(agents.Select(agent => $"unix:{agent.SocketPath}"));
        }
        finally
        {
            agents.ForEach(agent => agent.Dispose());
            labs.ForEach(lab => lab.Dispose());
        }
    }

    private static (JObject Report, long Memory) Simulated(Contender contender, int count)
    {
        using var scratch = new ScratchDirectory();
        SimulatedGuest[] guests =
            [.. Enumerable.Range(0, count).Select(guest => new SimulatedGuest(scratch.PathOf($"{guest}")) { HasDeadline = contender == Contender.Ours })];
        try
        {
            return Freeze(guests.Select(guest => guest.Address));
        }
        finally
        {
            foreach (var guest in guests)
                guest.Dispose();
        }
    }

    private static (JObject Report, long Memory) Freeze(IEnumerable<string> guests)
    {
        var run = ProcessRun.Of(Tool, ["freeze", "--json", .. guests, "--", "sh", "-c", Memory]);
        if (run.ExitCode != 0)
            throw new InvalidOperationException($"{run}");
        return (JObject.Parse(run.Output), long.Parse(run.Error.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture));
    }

    private static double WindowOf(JObject report) =>
        (double)report["windowMs"]! - (TimeOf(report["snapshot"]!["ended"]) - TimeOf(report["snapshot"]!["began"])).TotalMilliseconds;

    private static DateTimeOffset TimeOf(JToken? time) => time!.Type == JTokenType.Date
        ? new DateTimeOffset((DateTime)time)
        : DateTimeOffset.Parse((string)time!, CultureInfo.InvariantCulture);
}
