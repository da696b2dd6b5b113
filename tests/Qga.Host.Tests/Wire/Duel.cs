using Qga.Host.Tests.Schema;
using Qga.Testing;

namespace Qga.Host.Tests.Wire;

/// <summary>The real qemu-ga and ours, given the same bytes from their start, so that even the positions in their errors agree.</summary>
internal sealed class Duel : IDisposable
{
    /// <summary>Stands for the scratch directory of either agent, in requests and in answers.</summary>
    internal const char Scratch = '\uE000';

    // Both act on this machine, whatever becomes of a request that is not well formed.
    private const string Harmless =
        "guest-sync-delimited,guest-sync,guest-ping,guest-info,guest-file-open,guest-file-close,guest-file-read,guest-file-write,guest-file-seek,guest-file-flush";

    private readonly ScratchDirectory _settings = new();
    private readonly List<Side> _sides = [];
    private long _mark = 1_000_000_000_000;

    internal Duel()
    {
        try
        {
            _sides.Add(new Side(new PeerAgent("-a", Harmless)));

            // A sync follows each request at once. However long a busy machine takes, qemu-ga answers what is before it.
            var patient = _settings.Write("patient", "[qga]\nsync-grace=60000\n");
            _sides.Add(new Side(new PublishedAgent("-c", patient, "-a", Harmless)));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal IEnumerable<string> ScratchDirectories => _sides.Select(side => side.Agent.ScratchDirectory);

    /// <summary>Asserts that both give the same answers to the text, and to a flush behind it.</summary>
    /// <returns>The real qemu-ga's.</returns>
    internal List<string> AssertSame(string text)
    {
        var answers = Ask(text);
        Answer.AssertSame(answers[0], answers[1]);
        if (answers.All(side => side.Count == 1))
            Assert.All(answers, side => Conformance.TryAssertValid(text, side[0]));
        return answers[0];
    }

    public void Dispose()
    {
        _sides.ForEach(side => side.Dispose());
        _settings.Dispose();
    }

    private List<string>[] Ask(string text)
    {
        _mark++;
        var asking = _sides.Select(side => Task.Run(() => side.Ask(text, _mark))).ToArray();
        return Task.WhenAll(asking).GetAwaiter().GetResult();
    }

    private sealed class Side(AgentUnderTest agent) : IDisposable
    {
        private readonly QmpClient _client = agent.Connect();

        internal AgentUnderTest Agent => agent;

        internal List<string> Ask(string text, long mark)
        {
            var sending = Task.Run(() => _client.Send(
                text.Replace($"{Scratch}", agent.ScratchDirectory, StringComparison.Ordinal) + $"\xFF\n{Qmp.SyncDelimited(mark)}\n"));
            List<string> answers = [];
            for (var end = $"\xFF{{\"return\": {mark}}}"; ;)
            {
                var answer = _client.ReadLine() ?? throw new EndOfStreamException($"the agent is gone: {agent.Output}");
                if (answer == end)
                    break;
                answers.Add(answer.Replace(agent.ScratchDirectory, $"{Scratch}", StringComparison.Ordinal));
            }

            sending.GetAwaiter().GetResult();
            return answers;
        }

        public void Dispose()
        {
            _client.Dispose();
            agent.Dispose();
        }
    }
}
