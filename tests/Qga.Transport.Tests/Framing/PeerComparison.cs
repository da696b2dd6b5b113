using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;
using Qga.Testing;
using Qga.Transport.Framing;

namespace Qga.Transport.Tests.Framing;

/// <summary>
/// The real qemu-ga and a reader of ours, fed with the same bytes from their start, so that positions agree too.
/// </summary>
internal sealed partial class PeerComparison : IDisposable
{
    private readonly PeerAgent _peer = new();
    private readonly QmpClient _client;
    private readonly JsonMessageReader _reader = new();
    private long _mark = 1_000_000_000_000;

    public PeerComparison() => _client = _peer.Connect();

    /// <summary>Asserts that both make the same messages of the bytes, and then of a flush.</summary>
    public void AssertSame(byte[] bytes, int pieceLength)
    {
        _mark++;
        var flush = $"\xFF\n{{'execute':'guest-sync-delimited','arguments':{{'id':{_mark}}}}}\n";
        byte[] sent = [.. bytes, .. Feed.Bytes(flush)];
        var sending = Task.Run(() => _client.Send(sent));
        var answers = new List<string>();
        for (var end = $"\xFF{{\"return\": {_mark}}}"; ;)
        {
            var answer = _client.ReadLine() ?? throw new EndOfStreamException(_peer.Output);
            if (answer == end)
                break;
            answers.Add(answer);
        }

        sending.GetAwaiter().GetResult();
        var messages = _reader.ReadAll(sent, pieceLength);
        messages.RemoveAt(messages.Count - 1);
        Assert.Equal(answers.Select(FramingAnswer.ErrorOf), messages.Select(message => message.Error));
        foreach (var (message, answer) in messages.Zip(answers))
            AssertSameId(message, answer);
    }

    public void Dispose()
    {
        _client.Dispose();
        _peer.Dispose();
    }

    /// <summary>An answer echoes the id of its request, written anew: it must read as the value that we read.</summary>
    private static void AssertSameId(JsonMessage message, string answer)
    {
        if (message.Value is not JObject request || Infinity().IsMatch(answer))
            return;
        var echo = Assert.Single(new JsonMessageReader().ReadAll(answer.TrimStart('\xFF'))).Value;
        Assert.True(IsSame(request["id"], echo!["id"]), $"{request} is answered by {answer}");
    }

    private static bool IsSame(JToken? ours, JToken? theirs) => (ours, theirs) switch
    {
        (JObject left, JObject right) => left.Count == right.Count &&
            left.Properties().All(member => right.ContainsKey(member.Name) && IsSame(member.Value, right[member.Name])),
        (JArray left, JArray right) => left.Count == right.Count && left.Zip(right).All(pair => IsSame(pair.First, pair.Second)),

        // A float that is whole is written without a point.
        (JValue { Value: double left }, JValue { Value: long or ulong or double } right) => left.Equals((double)right),
        _ => JToken.DeepEquals(ours, theirs),
    };

    // Bare inf is what qemu-ga writes for a float that is too large.
    [GeneratedRegex("[^\"a-z]inf[^\"a-z]", RegexOptions.None, 1000)]
    private static partial Regex Infinity();
}
