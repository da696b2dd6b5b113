using System.Diagnostics;
using System.Globalization;

namespace Qga.Bench;

/// <summary>How many programs can be run in a second, one after the other, each asked for until it has ended.</summary>
internal sealed class ExecRoundTrips : IMeasurement
{
    private const int WarmUps = 20;
    private const int Programs = 300;

    private const string Exec = """{"execute":"guest-exec","arguments":{"path":"/bin/echo","arg":["text"],"capture-output":true}}""";

    public string Name => "exec";

    public string Method => $"{Programs} times guest-exec of echo and guest-exec-status until it has ended, one at a time; {Cost.Method}, of the programs too";

    public int Runs => 5;

    public IReadOnlyList<Reading> Take(Contender contender)
    {
        using var agent = contender.Start();
        using var connection = new Connection(agent.SocketPath);
        Run(connection, WarmUps);
        var elapsed = TimeSpan.Zero;
        var cost = Cost.Of(agent, Programs, () =>
        {
            var begin = Stopwatch.GetTimestamp();
            Run(connection, Programs);
            elapsed = Stopwatch.GetElapsedTime(begin);
        });
        return [new("exec round trips", "1/s", Programs / elapsed.TotalSeconds), .. cost.Readings("exec round trip")];
    }

    private static void Run(Connection connection, int programs)
    {
        for (var program = 0; program < programs; program++)
        {
            var pid = int.Parse(string.Concat(connection.Ask(Exec).Where(char.IsAsciiDigit)), CultureInfo.InvariantCulture);
            var status = $$$"""{"execute":"guest-exec-status","arguments":{"pid":{{{pid}}}}}""";
            string answer;
            do
                answer = connection.Ask(status);
            while (answer.Contains("\"exited\": false", StringComparison.Ordinal));
            if (!answer.Contains("\"exitcode\": 0", StringComparison.Ordinal))
                throw new InvalidDataException($"echo ended with {answer}");
        }
    }
}
