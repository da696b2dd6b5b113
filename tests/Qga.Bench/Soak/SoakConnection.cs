using Qga.Testing;

namespace Qga.Bench.Soak;

/// <summary>One client's connection, over and over: what is asked is counted, and what a freeze refuses is asked again after the thaw.</summary>
internal sealed class SoakConnection(FreezeLabAgent agent, FreezeClock clock, SoakTally tally) : IDisposable
{
    private const int LongestQuote = 300;

    private QmpClient? _client;

    internal QmpClient Client => _client ??= Connect();

    /// <summary>Leaves without a word, in the middle of whatever; the next request makes a new connection.</summary>
    internal void BreakOff()
    {
        _client?.Dispose();
        _client = null;
    }

    /// <summary>Asks one thing and gives its answer, whatever it is, unless a freeze refuses it.</summary>
    internal string Ask(string request) => AskAll([request])[0];

    /// <summary>Asks many things in one go.</summary>
    /// <returns>The answers in the order of the requests.</returns>
    internal string[] AskAll(IReadOnlyList<string> requests)
    {
        var answers = new string[requests.Count];
        var open = Enumerable.Range(0, requests.Count).ToList();
        while (true)
        {
            var turn = clock.Now;
            Client.Send(string.Concat(open.Select(index => requests[index] + "\n")));
            foreach (var index in open)
                answers[index] = Client.ReadLine() ?? throw new EndOfStreamException($"no answer to {Quote(requests[index])}");
            tally.AddRequests(open.Count);

            open.RemoveAll(index => !IsFreezeRefusal(answers[index]));
            if (open.Count == 0)
                return answers;
            if (!clock.MayHaveBeenFrozenSince(turn))
                throw new InvalidDataException($"{Quote(requests[open[0]])} was refused without a freeze: {answers[open[0]]}");
            open.ForEach(_ => tally.AddRefusal());
            clock.AwaitThaw();
        }
    }

    /// <summary>Asks something of which the answer is known.</summary>
    internal void Expect(string request, string answer) => Check(request, Ask(request), answer);

    internal static void Check(string request, string answer, string expected)
    {
        if (answer != expected)
            throw new InvalidDataException($"{Quote(request)} was answered by {Quote(answer)}, not by {Quote(expected)}");
    }

    internal static string Quote(string text) => text.Length <= LongestQuote ? text : $"{text[..LongestQuote]}... ({text.Length} characters)";

    public void Dispose() => _client?.Dispose();

    private static bool IsFreezeRefusal(string answer) =>
        answer.StartsWith("""{"error": {"class": "CommandNotFound", "desc": "Command guest-""", StringComparison.Ordinal)
        && answer.EndsWith("""has been disabled: the command is not allowed: the agent is in frozen state"}}""", StringComparison.Ordinal);

    private QmpClient Connect()
    {
        tally.AddConnection();
        return agent.Connect();
    }
}
