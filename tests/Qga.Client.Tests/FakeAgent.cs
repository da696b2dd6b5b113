using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Client.Tests;

/// <summary>An agent that answers what a test tells it to. A sync it answers by itself, as a real one does, unless it is told not to.</summary>
internal sealed class FakeAgent : IAsyncDisposable
{
    private readonly Channel<JObject> _requests = Channel.CreateUnbounded<JObject>();
    private readonly StringBuilder _received = new();
    private MemoryStreams _streams = new();

    internal FakeTimeProvider Time { get; } = new();

    /// <summary>Whether syncs are answered.</summary>
    internal bool AnswersSyncs { get; set; } = true;

    /// <summary>What is sent before the answer to a sync.</summary>
    internal string BeforeSync { get; set; } = "";

    /// <summary>How often a client has connected.</summary>
    internal int Connections { get; private set; }

    /// <summary>All that has come on this connection, syncs included.</summary>
    internal string Received
    {
        get
        {
            lock (_received)
                return _received.ToString();
        }
    }

    /// <summary>How much the client gets with one read.</summary>
    internal int LargestRead { get; init; } = int.MaxValue;

    internal MemoryStreams.End Client => _streams.Client;

    internal Task<GuestAgent> ConnectAsync(GuestAgentOptions? options = null) =>
        GuestAgent.ConnectAsync("fake", Open, (options ?? new GuestAgentOptions()) with { TimeProvider = Time }).WaitAsync(Eventually.Patience);

    internal Task<Stream> Open(CancellationToken cancellationToken)
    {
        Connections++;
        _streams = new MemoryStreams();
        _streams.Client.LargestRead = LargestRead;
        lock (_received)
            _received.Clear();
        _ = ServeAsync(_streams.Agent);
        return Task.FromResult<Stream>(_streams.Client);
    }

    /// <summary>The next request, syncs not counted.</summary>
    internal async Task<JObject> NextAsync() => await _requests.Reader.ReadAsync().AsTask().WaitAsync(Eventually.Patience);

    /// <summary>The next request, which must be that command; its arguments.</summary>
    internal async Task<JObject> NextAsync(string command)
    {
        var request = await NextAsync();
        Assert.Equal(command, (string?)request["execute"]);
        return request;
    }

    /// <summary>Takes the next request, which must be that command, and answers it.</summary>
    internal async Task<JObject> AnswerAsync(string command, JToken? value = null)
    {
        var request = await NextAsync(command);
        Answer(request, value ?? new JObject());
        return (JObject)request["arguments"]!;
    }

    internal void Answer(JObject request, JToken value) => Send(Line(new JObject { ["return"] = value, ["id"] = request["id"] }));

    internal void Refuse(JObject request, string description, string errorClass = "GenericError") =>
        Send(Line(new JObject { ["id"] = request["id"], ["error"] = new JObject { ["class"] = errorClass, ["desc"] = description } }));

    /// <summary>Answers as agents do that are too old to repeat an id.</summary>
    internal void AnswerWithoutId(JToken value) => Send(Line(new JObject { ["return"] = value }));

    /// <summary>Sends text in which each character is a byte.</summary>
    internal void Send(string text) => _streams.Agent.WriteAsync(Encoding.Latin1.GetBytes(text)).AsTask().GetAwaiter().GetResult();

    /// <summary>Closes the connection.</summary>
    internal void Hangup() => _streams.Agent.Dispose();

    public ValueTask DisposeAsync() => _streams.Agent.DisposeAsync();

    private static string Line(JObject answer) => answer.ToString(Formatting.None) + "\n";

    private async Task ServeAsync(MemoryStreams.End stream)
    {
        using var reader = new StreamReader(stream, Encoding.Latin1);
        try
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                lock (_received)
                    _received.Append(line).Append('\n');
                var request = JObject.Parse(line.TrimStart('\xFF'));
                if ((string?)request["execute"] == "guest-sync-delimited" && request["id"] is null)
                    AnswerSync(request);
                else
                    await _requests.Writer.WriteAsync(request);
            }
        }
        catch (OperationCanceledException)
        {
            // The test has closed it.
        }
    }

    private void AnswerSync(JObject request)
    {
        if (!AnswersSyncs)
            return;
        Send("{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON parse error, stray '\\uFFFD'\"}}\n");
        Send(BeforeSync + "\xFF" + Line(new JObject { ["return"] = request["arguments"]!["id"] }));
    }
}
