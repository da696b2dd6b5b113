using System.Diagnostics;
using System.Net.Sockets;
using Qga.Testing;

namespace Qga.Bench;

/// <summary>From the start of the process to the first answer.</summary>
internal sealed class StartTime : IMeasurement
{
    // A client that tries all the time would take half of a core that two processors share.
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly byte[] Ping = Connection.Request("""{"execute":"guest-ping"}""");

    private readonly Dictionary<string, string[]> _commands = [];

    public string Name => "start";

    public string Method => $"a fresh process, and a client that tries to connect every {BetweenTries.TotalMilliseconds} ms; its processor time until it has answered";

    public int Runs => 21;

    public IReadOnlyList<Reading> Take(Contender contender)
    {
        if (!_commands.TryGetValue(contender.Name, out var command))
            _commands.Add(contender.Name, command = CommandOf(contender));

        var scratch = Directory.CreateTempSubdirectory("qga-bench-").FullName;
        try
        {
            var socketPath = Path.Combine(scratch, "agent.sock");
            var watch = Stopwatch.StartNew();
            using var process = Process.Start(command[0], [.. command[1..], "-m", "unix-listen", "-p", socketPath, "-t", scratch]);
            try
            {
                using var connection = Connect(process, socketPath, watch);
                connection.Exchange(Ping);
                var elapsed = watch.Elapsed;
                return
                [
                    new("start to first ping", "ms", elapsed.TotalMilliseconds),
                    new("processor time of a start", "ms", ProcessUsage.Of(process.Id).Processor.TotalMilliseconds),
                ];
            }
            finally
            {
                process.Kill();
                process.WaitForExit();
            }
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    /// <summary>What really runs, less the options: the program may be given as a script, whose own start is not to be measured.</summary>
    private static string[] CommandOf(Contender contender)
    {
        using var agent = contender.Start();
        var arguments = File.ReadAllText($"/proc/{agent.Pid}/cmdline").Split('\0');
        return arguments[..Array.IndexOf(arguments, "-m")];
    }

    private static Connection Connect(Process process, string socketPath, Stopwatch watch)
    {
        while (true)
        {
            try
            {
                if (File.Exists(socketPath))
                    return new Connection(socketPath);
            }
            catch (SocketException)
            {
                // It is bound, and does not listen yet.
            }

            if (process.HasExited || watch.Elapsed > Patience)
                throw new InvalidOperationException($"{process.StartInfo.FileName} does not listen");
            Thread.Sleep(BetweenTries);
        }
    }
}
