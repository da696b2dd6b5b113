using System.Diagnostics;
using Qga.Testing;

namespace Qga.Bench;

/// <summary>One command by the host's tool, from the start of its process to its end.</summary>
internal sealed class ToolCall : IMeasurement
{
    private static readonly string Tool = Environment.GetEnvironmentVariable("QGACTL_BINARY") is { Length: > 0 } path
        ? path
        : Repository.PathOf("artifacts/publish-ctl/qgactl");

    public string Name => "tool";

    public string Method => "qgactl call guest-ping, from the start of its process to its end, by unix socket";

    public int Runs => 21;

    public IReadOnlyList<Reading> Take(Contender contender)
    {
        using var agent = contender.Start();
        var watch = Stopwatch.StartNew();
        var run = ProcessRun.Of(Tool, ["call", "--json", agent.SocketPath, "guest-ping"]);
        var elapsed = watch.Elapsed;
        if ((run.ExitCode, run.Output) != (0, "{}\n"))
            throw new InvalidDataException($"qgactl call has ended with {run.ExitCode}: {run.Error}");
        return [new("qgactl call, start to end", "ms", elapsed.TotalMilliseconds)];
    }
}
