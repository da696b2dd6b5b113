using System.Text;
using Qga.Testing;

namespace Qga.Host.Tests.Wire;

/// <summary>The published agent gives the answers that were recorded from qemu-ga 11.1.</summary>
public sealed class TranscriptTests : IDisposable
{
    private readonly PublishedAgent _agent = new();

    public static TheoryData<string> Streams { get; } = ["wire", "framing"];

    public void Dispose() => _agent.Dispose();

    [Theory]
    [MemberData(nameof(Streams))]
    public void Stream_of_bytes_is_answered_as_recorded(string file) => AssertStream(_agent, file);

    [Theory]
    [MemberData(nameof(Streams))]
    public void Stream_that_comes_byte_by_byte_is_answered_in_the_same_way(string file)
    {
        foreach (var transcript in Transcript.Load(file).Values)
        {
            Answer.AssertSame(transcript.Answers, Send(_agent, client =>
            {
                foreach (var part in transcript.Send)
                    client.Send([part]);
            }));
        }
    }

    [Fact]
    public void File_commands_are_answered_as_recorded() => AssertFileCommands(_agent);

    /// <summary>Asserts that an agent answers each of a file of transcripts as recorded.</summary>
    internal static void AssertStream(AgentUnderTest agent, string file)
    {
        foreach (var transcript in Transcript.Load(file).Values)
            Answer.AssertSame(transcript.Answers, Send(agent, client => client.Send(transcript.Send)));
    }

    /// <summary>Asserts that a fresh agent does with files as recorded.</summary>
    internal static void AssertFileCommands(AgentUnderTest agent)
    {
        using var client = agent.Connect();
        foreach (var transcript in Transcript.Load("file").Values)
        {
            client.Send(Here(Encoding.Latin1.GetString(transcript.Send)));
            Answer.AssertSame([.. transcript.Answers.Select(Here)], [.. transcript.Answers.Select(_ => client.ReadLine()!)]);
        }

        string Here(string text) => text.Replace("{DIR}", agent.ScratchDirectory, StringComparison.Ordinal);
    }

    private static List<string> Send(AgentUnderTest agent, Action<QmpClient> send)
    {
        using var client = agent.Connect();
        send(client);
        client.EndSending();
        return client.ReadLines();
    }
}
