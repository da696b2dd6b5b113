using Newtonsoft.Json.Linq;
using Qga.Testing;
using Qga.Transport.Framing;

namespace Qga.Transport.Tests.Framing;

public class JsonMessageReaderTests
{
    private static readonly Dictionary<string, Transcript> Transcripts =
        new(Transcript.Load("wire").Concat(Transcript.Load("framing")));

    public static TheoryData<string> TranscriptNames => [.. Transcripts.Keys];

    [Theory]
    [MemberData(nameof(TranscriptNames))]
    public void Transcript_is_read_as_qemu_ga_read_it(string name)
    {
        var transcript = Transcripts[name];
        var messages = new JsonMessageReader().ReadAll(transcript.Send);

        Assert.Equal(transcript.Answers.Select(FramingAnswer.ErrorOf), messages.Select(message => message.Error));
        foreach (var (message, answer) in messages.Zip(transcript.Answers))
        {
            if (message.Error is null)
                Assert.Equal(answer.Contains("must be a JSON object"), message.Value is not JObject);
        }
    }

    [Theory]
    [MemberData(nameof(TranscriptNames))]
    public void Transcript_reads_the_same_byte_by_byte(string name)
    {
        var bytes = Transcripts[name].Send;
        AssertSame(new JsonMessageReader().ReadAll(bytes), new JsonMessageReader().ReadAll(bytes, pieceLength: 1));
    }

    [Theory]
    [MemberData(nameof(TranscriptNames))]
    public void Transcript_reads_the_same_cut_at_every_offset(string name)
    {
        var bytes = Transcripts[name].Send;
        var whole = new JsonMessageReader().ReadAll(bytes);
        for (var cut = 1; cut < bytes.Length; cut++)
        {
            var reader = new JsonMessageReader();
            AssertSame(whole, [.. reader.ReadAll(bytes.AsSpan(0, cut)), .. reader.ReadAll(bytes.AsSpan(cut))]);
        }
    }

    [Fact]
    public void Reading_stops_between_two_messages_of_one_block()
    {
        var reader = new JsonMessageReader();
        ReadOnlySpan<byte> input = "[1][2]"u8;

        Assert.True(reader.TryRead(ref input, out var message));
        Assert.Equal("[1]", message.Value!.ToString(Newtonsoft.Json.Formatting.None));
        Assert.True(input.SequenceEqual("[2]"u8));
    }

    [Fact]
    public void Number_is_complete_only_with_the_byte_behind_it_which_is_left()
    {
        var reader = new JsonMessageReader();
        ReadOnlySpan<byte> input = "12"u8;
        Assert.False(reader.TryRead(ref input, out _));
        input = "3\n"u8;

        Assert.True(reader.TryRead(ref input, out var message));
        Assert.Equal(123L, (long)message.Value!);
        Assert.True(input.SequenceEqual("\n"u8));
    }

    [Fact]
    public void Buffered_bytes_are_those_of_the_tokens_of_the_unfinished_message()
    {
        var reader = new JsonMessageReader();
        reader.ReadAll("  [ 12, \"abc");
        Assert.Equal("[12,\"abc".Length, reader.BufferedBytes);

        reader.ReadAll("\"]");
        Assert.Equal(0, reader.BufferedBytes);
    }

    [Theory]
    [InlineData("[1 2 ")]
    [InlineData("[1, T garbage")]
    [InlineData(" \r\n\t ")]
    public void Nothing_is_buffered_of_what_is_skipped(string skipped)
    {
        var reader = new JsonMessageReader();
        reader.ReadAll(skipped);
        reader.ReadAll(new string(' ', 1 << 20));
        Assert.Equal(0, reader.BufferedBytes);
    }

    [Fact]
    public void Positions_go_on_from_message_to_message()
    {
        var reader = new JsonMessageReader();
        reader.ReadAll("{}\n{}\n");

        Assert.Equal("3:2: JSON parse error, expecting value", reader.ReadAll("\t]").Single().Error);
        Assert.Equal("3:3: JSON parse error, expecting value", reader.ReadAll("]").Single().Error);
    }

    private static void AssertSame(List<JsonMessage> expected, List<JsonMessage> actual)
    {
        Assert.Equal(expected.Select(message => message.Error), actual.Select(message => message.Error));
        Assert.True(expected.Zip(actual).All(pair => JToken.DeepEquals(pair.First.Value, pair.Second.Value)));
    }
}
