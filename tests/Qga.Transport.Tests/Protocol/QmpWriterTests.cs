using System.Text;
using CsCheck;
using Newtonsoft.Json.Linq;
using Qga.Transport.Protocol;
using Qga.Transport.Tests.Framing;

namespace Qga.Transport.Tests.Protocol;

public class QmpWriterTests
{
    [Fact]
    public void Blank_follows_each_comma_and_colon()
    {
        var value = new Json(json =>
        {
            json.WriteStartObject();
            json.WriteMember("a", 1);
            json.WriteMember("b", value: true);
            json.WriteMember("c", "x");
            json.WritePropertyName("d");
            json.WriteStartArray();
            json.WriteValue(1L);
            json.WriteStartObject();
            json.WriteEndObject();
            json.WriteStartArray();
            json.WriteEndArray();
            json.WriteNull();
            json.WriteEndArray();
            json.WriteEndObject();
        });

        Assert.Equal("""{"return": {"a": 1, "b": true, "c": "x", "d": [1, {}, [], null]}}""" + "\n", Success(value));
    }

    [Fact]
    public void Members_have_every_type_and_are_left_out_without_a_value()
    {
        var value = QmpValue.ObjectOf(ulong.MaxValue, static (json, largest) =>
        {
            json.WriteMember("a", largest);
            json.WriteMember("b", 0.5);
            json.WriteListMember("c", ["x", "y"]);
            json.WriteListMember("d", [1, 2], static (json, number) => json.WriteMember("n", number));
            json.WriteObjectMember("e", 3, static (json, number) => json.WriteMember("n", number));
            json.WriteOptionalMember("f", (string?)null);
            json.WriteOptionalMember("g", (long?)null);
            json.WriteOptionalMember("h", (ulong?)null);
            json.WriteOptionalMember("i", "z");
            json.WriteOptionalMember("j", (ulong?)largest);
        });

        Assert.Equal(
            """{"return": {"a": 18446744073709551615, "b": 0.5, "c": ["x", "y"], "d": [{"n": 1}, {"n": 2}], "e": {"n": 3}, "i": "z", "j": 18446744073709551615}}""" + "\n",
            Success(value));
        Assert.Equal("{\"return\": []}\n", Success(QmpValue.ListOf<int>([], static (_, _) => { })));
    }

    [Fact]
    public void Id_is_behind_a_result_and_before_an_error()
    {
        Assert.Equal("{\"return\": 7, \"id\": 1}\n", Success(QmpValue.Of(7), 1));
        Assert.Equal(
            "{\"id\": 1, \"error\": {\"class\": \"CommandNotFound\", \"desc\": \"The command x has not been found\"}}\n",
            Text(QmpResponse.Failure(QmpError.UnknownCommand("x")), 1));
        Assert.Equal(
            "{\"error\": {\"class\": \"GenericError\", \"desc\": \"d\"}}\n", Text(QmpResponse.Failure(QmpError.Generic("d")), id: null));
    }

    public static TheoryData<JToken, string> Ids => new()
    {
        { JValue.CreateNull(), "null" },
        { -1L, "-1" },
        { ulong.MaxValue, "18446744073709551615" },
        { 1.5, "1.5" },
        { 1e100, "1e+100" },
        { true, "true" },
        { "x\n\"ü", "\"x\\n\\\"\\u00FC\"" },
        { new LongString(TransferBuffer.Of("long ü")), "\"long \\u00FC\"" },
        { new JArray(1, new JObject { ["kéy\t"] = new JArray() }), "[1, {\"k\\u00E9y\\t\": []}]" },
        { new JObject(), "{}" },
    };

    [Theory]
    [MemberData(nameof(Ids))]
    public void Id_is_echoed(JToken id, string text) =>
        Assert.Equal($"{{\"return\": {{}}, \"id\": {text}}}\n", Success(QmpValue.Empty, id));

    [Theory]
    [InlineData(" !#[]~/'<>&", " !#[]~/'<>&")]
    [InlineData("\"\\\b\f\n\r\t", "\\\"\\\\\\b\\f\\n\\r\\t")]
    [InlineData("\0\x01\x1f", "\\u0000\\u0001\\u001F")]
    [InlineData("\x7f\x80\xe9", "\\u007F\\u0080\\u00E9")]
    [InlineData("\u20AC\uFFFD\uFFFF", "\\u20AC\\uFFFD\\uFFFF")]
    [InlineData("\U0001F600", "\\uD83D\\uDE00")]
    public void Text_is_ascii_with_upper_case_escapes(string text, string escaped)
    {
        Assert.Equal($"{{\"return\": \"{escaped}\"}}\n", Success(new Json(json => json.WriteValue(text))));
        Assert.Equal(
            $"{{\"return\": {{\"{escaped}\": 1}}}}\n",
            Success(new Json(json =>
            {
                json.WriteStartObject();
                json.WriteMember(text, 1);
                json.WriteEndObject();
            })));
    }

    [Fact]
    public void Half_of_a_pair_is_replaced() => Assert.Equal(
        "{\"return\": \"\\uFFFD\\uD83D\\uDE00\\uFFFD\\uFFFDa\\uFFFD\"}\n",
        Success(new Json(json => json.WriteValue("\uDCE9\U0001F600\uDE00\uD83Da\uDC80"))));

    [Fact]
    public void Any_text_comes_back_from_what_is_written() => Gen.String[Gen.Char, 0, 40].Sample(text =>
    {
        var written = Success(new Json(json => json.WriteValue(text)));

        Assert.True(Ascii.IsValid(written));
        Assert.Equal(text, (string?)JObject.Parse(written)["return"]);
    });

    [Fact]
    public void Long_string_is_written_as_the_same_text_would_be_wherever_a_block_ends() =>
        Gen.Select(Gen.String[Gen.Char, 1, 20].Where(text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) == text), Gen.Int[0, 12]).Sample((text, shift) =>
        {
            var whole = new string('x', shift) + string.Concat(Enumerable.Repeat(text, OutgoingMessage.BlockSize / text.Length));
            var id = new LongString(TransferBuffer.Of(whole));
            using var message = QmpWriter.Write(QmpResponse.Success(QmpValue.Empty), id);
            var size = message.WireSize;
            var written = Encoding.ASCII.GetString(message.ToArray());

            Assert.Equal(Success(QmpValue.Empty, whole), written);
            Assert.Equal(size, written.Length);
        }, iter: 50);

    [Theory]
    [InlineData("a")]
    [InlineData("\u00E9")]
    [InlineData("\U0001F600")]
    public void Text_of_any_length_is_whole(string character)
    {
        var text = string.Concat(Enumerable.Repeat(character, 300_000));

        Assert.Equal(text, (string?)JObject.Parse(Success(new Json(json => json.WriteValue(text))))["return"]);
    }

    [Fact]
    public void Sentinel_goes_before_a_delimited_answer() => Assert.Equal(
        [0xFF, .. Feed.Bytes("{\"return\": 5}\n")], Bytes(QmpResponse.Success(QmpValue.Of(5), isDelimited: true), id: null));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(49151)]
    [InlineData(49152)]
    [InlineData(49153)]
    [InlineData(98304)]
    [InlineData(200_000)]
    public void Base64_is_spliced_in_between_text(int count)
    {
        var content = new byte[count];
        new Random(count).NextBytes(content);

        var written = Success(Base64Member(content, spare: 10), "x");

        Assert.Equal(
            $"{{\"return\": {{\"count\": {count}, \"buf-b64\": \"{Convert.ToBase64String(content)}\", \"eof\": false}}, \"id\": \"x\"}}\n", written);
    }

    [Fact]
    public void Base64_is_held_as_bytes_until_it_is_sent()
    {
        using var message = QmpWriter.Write(QmpResponse.Success(Base64Member(new byte[100_000], spare: 0)), id: null);

        Assert.True(message.MakesBlocks);
        Assert.InRange(message.Size, 100_000, 100_100);
    }

    [Fact]
    public void Message_is_half_sent_from_its_second_block_on()
    {
        using var message = QmpWriter.Write(QmpResponse.Success(Base64Member(new byte[100_000], spare: 0)), id: null);
        var block = new byte[OutgoingMessage.BlockSize];

        Assert.False(message.IsHalfSent);
        message.Next(block);
        Assert.False(message.IsHalfSent);
        message.Next(block);
        Assert.True(message.IsHalfSent);
    }

    [Fact]
    public void Buffers_go_back_with_the_message()
    {
        var buffer = TransferBuffer.Rent(10);
        var message = QmpWriter.Write(QmpResponse.Success(new Json(json => Member(json, buffer, 10))), id: null);
        Assert.Equal(10, buffer.Memory.Length);

        message.Dispose();

        Assert.Throws<ObjectDisposedException>(() => buffer.Memory);
    }

    private static Json Base64Member(byte[] content, int spare) => new(json =>
    {
        var buffer = TransferBuffer.Rent(content.Length + spare);
        content.CopyTo(buffer.Memory.Span);
        Member(json, buffer, content.Length);
    });

    private static void Member(QmpWriter json, TransferBuffer buffer, int count)
    {
        json.WriteStartObject();
        json.WriteMember("count", count);
        json.WriteBase64Member("buf-b64", buffer, count);
        json.WriteMember("eof", value: false);
        json.WriteEndObject();
    }

    private static string Success(IQmpValue value, JToken? id = null) => Text(QmpResponse.Success(value), id);

    private static string Text(QmpResponse response, JToken? id) => Encoding.ASCII.GetString(Bytes(response, id));

    private static byte[] Bytes(QmpResponse response, JToken? id)
    {
        using var message = QmpWriter.Write(response, id);
        return message.ToArray();
    }

    private sealed class Json(Action<QmpWriter> write) : IQmpValue
    {
        public void WriteTo(QmpWriter json) => write(json);
    }
}
