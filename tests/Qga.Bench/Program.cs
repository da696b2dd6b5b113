using System.Globalization;
using System.Runtime.InteropServices;
using Qga.Bench;
using Qga.Bench.Soak;
using Qga.Testing;

IMeasurement[] all =
[
    new StartTime(), new PingLatency(), new PipelinedPings(), FileTransfer.Write, FileTransfer.Read, new ReadCeiling(), new GuestCopy(), new ToolCall(),
    new ExecRoundTrips(), new Inventory(), new RequestCosts(), new PolicyDecision(), new OwnerCosts(), .. InterfaceListing.All, .. MountedDisks.All,
    new Footprint(), .. FreezeCycle.All, .. GroupFreezes.All,
];
string[] names = [.. all.Select(measurement => measurement.Name)];
if (BenchOptions.TryParse(args, names) is not { } options)
{
    Console.Error.WriteLine($"usage: bench [--only {string.Join('|', names)}] [--runs N] [--against EXECUTABLE] | --soak MINUTES");
    return 2;
}

// The run under way comes to its end, which takes its agents and files with it.
using var stopping = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

if (options.Soak is { } duration)
{
    if (FreezeLab.UnavailableReason is { } without)
    {
        Console.Error.WriteLine($"no soak: {without}");
        return 2;
    }

    return new SoakRun(duration, stopping.Token).Run();
}

Contender[] contenders = options.Against is { } other ? [Contender.Ours, Contender.Other(other)]
    : PeerAgent.UnavailableReason is null ? [Contender.Ours, Contender.Peer]
    : [Contender.Ours];
if (options.Against is null && PeerAgent.UnavailableReason is { } reason)
    Console.Error.WriteLine(reason);

var origin = Origin.Find();
if (origin.WithoutCommit is { } unknown)
    Console.Error.WriteLine($"these figures are not kept: {unknown}");

var figures = new List<PerformanceFigure>();
try
{
    foreach (var measurement in all.Where(measurement => options.Only is null || options.Only == measurement.Name))
    {
        var runs = options.Runs ?? measurement.Runs;
        Console.WriteLine($"- {measurement.Name}: {runs} runs; {measurement.Method}");
        var rounds = new Rounds();
        for (var run = 0; run < runs && !stopping.IsCancellationRequested; run++)
            rounds.Add(MachineLoad.OfOthers(), [.. contenders.Select(measurement.Take)]);
        if (rounds.IsEmpty)
            break;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  others took {rounds.Busy.Median:P0} of the processors, {rounds.Busy.Most:P0} at most"));
        PerformanceFigure[] found = [.. rounds.Figures(origin)];
        figures.AddRange(found);

        // What was stopped halfway, or is held against something else than qemu-ga, is shown, and not kept.
        if (origin.Commit is not null && options.Against is null && !stopping.IsCancellationRequested)
            File.AppendAllLines(Repository.PathOf(PerformanceFigure.History), found.Select(figure => figure.ToJson()));
    }
}
catch (Exception failure)
{
    // Caught, for else the runtime would end without disposing of agents and files.
    Console.Error.WriteLine(failure);
    return 1;
}

Console.WriteLine();
Console.WriteLine($"| figure | qga | {(contenders.Length > 1 ? contenders[1].Name : Contender.Peer.Name)} | ratio | min..max |");
Console.WriteLine("| --- | ---: | ---: | ---: | ---: |");
foreach (var figure in figures)
    Console.WriteLine($"| {string.Join(" | ", figure.Cells())} |");
Console.WriteLine();
Console.WriteLine("Medians. The ratio is qga's value over the other's in the same run: median, smallest and largest.");
Console.WriteLine($"Where the other's own rounds lie further apart than {PerformanceFigure.MostSpread:P0} the machine was too busy for a verdict, and there is no ratio.");
return stopping.IsCancellationRequested ? 1 : 0;

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stopping.Cancel();
}
