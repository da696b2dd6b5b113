using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Qga.Transport.Framing;

namespace Qga.Transport.Tests.Framing;

public class JsonParserTests
{
    private const int MaxBytes = 64 << 20;
    private const int MaxTokens = 2 << 20;
    private const string TooLarge = "JSON token size limit exceeded";
    private const string TooMany = "JSON token count limit exceeded";
    private const string TooDeep = "JSON nesting depth limit exceeded";

    private readonly JsonMessageReader _reader = new();

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"execute":"guest-sync","arguments":{"id":-1},"id":[{},[[]],null,true,false,0.5,"x"]}""")]
    public void Message_becomes_its_value(string text)
    {
        Assert.Equal(text, Read(text).Value!.ToString(Formatting.None));
    }

    [Fact]
    public void Members_keep_their_order()
    {
        var value = (JObject)Read("""{"b":1,"a":2,"c":3}""").Value!;
        Assert.Equal(["b", "a", "c"], value.Properties().Select(member => member.Name));
    }

    [Theory]
    [InlineData("""{"a":1,"a":2}""", "1:12")]
    [InlineData("""{"a":1,"\u0061":[2]}""", "1:20")]
    [InlineData("""{"b":{"a":1,"a":null}}""", "1:17")]
    public void Repeated_key_is_an_error_at_the_end_of_its_value(string text, string position)
    {
        Assert.Equal(position + ": JSON parse error, duplicate key", Read(text).Error);
    }

    [Fact]
    public void Same_key_in_another_object_is_no_repetition()
    {
        Assert.Null(Read("""{"a":{"a":[{"a":1},{"a":1}]}}""").Error);
    }

    [Fact]
    public void Object_may_have_very_many_members()
    {
        var text = new StringBuilder("{");
        for (var index = 0; index < 100_000; index++)
            text.Append($"\"k{index}\":{index},");

        Assert.Equal(100_001, ((JObject)Read(text.Append("\"last\":0}").ToString()).Value!).Count);
    }

    [Theory]
    [InlineData("[", "]", 1024)]
    [InlineData("{\"a\":", "}", 1023)]
    public void Depth_at_the_limit_is_read_and_can_be_written(string open, string close, int depth)
    {
        var text = Repeat(open, depth) + "[]" + Repeat(close, depth);
        if (depth == 1024)
            text = Repeat(open, depth) + Repeat(close, depth);

        Assert.Equal(text, Read(text).Value!.ToString(Formatting.None));
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{\"a\":", "}")]
    public void One_error_answers_for_all_that_is_too_deep(string open, string close)
    {
        var messages = _reader.ReadAll(Repeat(open, 5000) + "1" + Repeat(close, 5000) + "[]");
        Assert.Equal([TooDeep, null], messages.Select(message => message.Error));
    }

    [Fact]
    public void Depth_error_comes_before_that_of_the_token()
    {
        Assert.Equal(TooDeep, Read(Repeat("[", 1024) + "1 [").Error);
    }

    [Theory]
    [InlineData(MaxTokens, null)]
    [InlineData(MaxTokens + 1, TooMany)]
    [InlineData(MaxTokens + 2, TooMany)]
    [InlineData(2 * MaxTokens, TooMany)]
    public void Tokens_of_a_message_are_limited(int count, string? error)
    {
        // [0,0,...] has an odd number of tokens, [[],0,...] an even one.
        var text = count % 2 == 1 ? "[0" + Repeat(",0", (count - 3) / 2) + "]" : "[[]" + Repeat(",0", (count - 4) / 2) + "]";
        Assert.Equal([error, null], _reader.ReadAll(text + "[]").Select(message => message.Error));
    }

    [Fact]
    public void Stray_byte_past_the_token_limit_ends_the_message()
    {
        var messages = _reader.ReadAll("[0" + Repeat(",0", MaxTokens / 2) + "T[]");
        Assert.Equal([TooMany, null], messages.Select(message => message.Error));
    }

    [Theory]
    [InlineData("", "", MaxBytes - 1, null)]
    [InlineData("", "", MaxBytes, TooLarge)]
    [InlineData("", "", MaxBytes + 1, TooLarge)]
    [InlineData("[", "]", MaxBytes - 3, null)]
    [InlineData("[", "]", MaxBytes - 2, TooLarge)]
    [InlineData("[", "]", MaxBytes, TooLarge)]
    [InlineData("[\"abc\",", "]", MaxBytes - 9, null)]
    [InlineData("[\"abc\",", "]", MaxBytes - 8, TooLarge)]
    [InlineData("[\"abc\",", ",1,2,{}]", MaxBytes, TooLarge)]
    public void Bytes_of_the_tokens_of_a_message_are_limited(string before, string after, int stringLength, string? error)
    {
        byte[] bytes = [.. Feed.Bytes(before), .. StringToken(stringLength), .. Feed.Bytes(after + "[]")];

        Assert.Equal([error, null], _reader.ReadAll(bytes, pieceLength: 65536).Select(message => message.Error));
        Assert.Equal(0, _reader.BufferedBytes);
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(int.MaxValue)]
    public void Token_past_the_limit_is_cut_and_its_rest_read_afresh_from_where_it_began(int pieceLength)
    {
        byte[] bytes = [(byte)' ', .. StringToken(MaxBytes + 5)[..^1], (byte)' '];

        Assert.Equal(
            [TooLarge, "1:2: JSON parse error, invalid keyword 'aaa'"],
            _reader.ReadAll(bytes, pieceLength).Select(message => message.Error));
    }

    [Fact]
    public void No_more_than_one_token_is_held_of_an_endless_one()
    {
        _reader.ReadAll("[1 2 \"");
        var piece = Feed.Bytes(new string('\u00E9', 1 << 20));
        for (var count = 0; count < 100; count++)
        {
            Assert.Empty(_reader.ReadAll(piece));
            Assert.InRange(_reader.BufferedBytes, 0, MaxBytes);
        }
    }

    private static string Repeat(string text, int count) => new StringBuilder().Insert(0, text, count).ToString();

    private static byte[] StringToken(int length)
    {
        var token = new byte[length];
        token.AsSpan().Fill((byte)'a');
        token[0] = token[^1] = (byte)'"';
        return token;
    }

    private JsonMessage Read(string text) => _reader.ReadAll(text).First();
}
