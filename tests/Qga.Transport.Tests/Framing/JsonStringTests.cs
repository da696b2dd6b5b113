using System.Text;
using Newtonsoft.Json.Linq;
using Qga.Transport.Framing;
using Qga.Transport.Protocol;

namespace Qga.Transport.Tests.Framing;

public class JsonStringTests
{
    private const string InvalidUtf8 = "1:1: JSON parse error, invalid UTF-8 sequence in string";
    private const string InvalidEscape = "1:1: JSON parse error, invalid escape sequence in string";

    [Theory]
    [InlineData("\"\"", "")]
    [InlineData("'a\"b\\'c'", "a\"b'c")]
    [InlineData("\"a'b\\\"c\\'\"", "a'b\"c'")]
    [InlineData("\"\\b\\f\\n\\r\\t\\/\\\\\"", "\b\f\n\r\t/\\")]
    [InlineData("\"\\u0041\\u00e9\\u00E9\\u20ac\"", "A\u00E9\u00E9\u20AC")]
    [InlineData("\"\\ud83d\\ude00\\uDBFF\\uDFFD\"", "\U0001F600\U0010FFFD")]
    [InlineData("\"a\\u0000b\"", "a\0b")]
    [InlineData("\"a\xC0\x80z\"", "a\0z")]
    [InlineData("\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"", "\u00E9\u20AC\U0001F600")]
    [InlineData("\"\xC2\x80\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBD\xF0\x90\x80\x80\"",
        "\u0080\u0800\uD7FF\uE000\uFFFD\U00010000")]
    [InlineData("\"\xEF\xB7\x8F\xEF\xB7\xB0\xF4\x8F\xBF\xBD\"", "\uFDCF\uFDF0\U0010FFFD")]
    [InlineData("\"\x7F\"", "\x7F")]
    public void Text_is_decoded(string token, string text)
    {
        var message = Assert.Single(new JsonMessageReader().ReadAll(token));
        Assert.Null(message.Error);
        Assert.Equal(JTokenType.String, message.Value!.Type);
        Assert.Equal(text, (string?)message.Value);
    }

    [Theory]
    [InlineData("\"\x80\"")]
    [InlineData("\"\xC3\"")]
    [InlineData("\"\xC3\\n\"")]
    [InlineData("\"\xC0\x81\"")]
    [InlineData("\"\xC1\xBF\"")]
    [InlineData("\"\xE0\x9F\xBF\"")]
    [InlineData("\"\xE2\x82\"")]
    [InlineData("\"\xED\xA0\x80\"")]
    [InlineData("\"\xED\xBF\xBF\"")]
    [InlineData("\"\xEF\xB7\x90\"")]
    [InlineData("\"\xEF\xB7\xAF\"")]
    [InlineData("\"\xEF\xBF\xBE\"")]
    [InlineData("\"\xF0\x8F\xBF\xBF\"")]
    [InlineData("\"\xF4\x8F\xBF\xBF\"")]
    [InlineData("\"\xF4\x90\x80\x80\"")]
    [InlineData("\"\xF8\x88\x80\x80\x80\"")]
    [InlineData("\"\xFC\x84\x80\x80\x80\x80\"")]
    public void Bytes_that_are_no_modified_utf8_are_refused(string token)
    {
        Assert.Equal(InvalidUtf8, Assert.Single(new JsonMessageReader().ReadAll(token)).Error);
    }

    [Theory]
    [InlineData("\"\\u12\"", "\\u12\"")]
    [InlineData("\"\\u\"", "\\u\"")]
    [InlineData("\"\\ug234\"", "\\ug234")]
    [InlineData("\"\\u 123\"", "\\u 123")]
    [InlineData("\"\\u00\xE2\x82\xAC\"", "\\u00\uFFFD")]
    [InlineData("\"\\ud800\"", "\\ud800")]
    [InlineData("\"\\ud83d\\ud83d\"", "\\ud83d")]
    [InlineData("\"\\ud83d\\u00\"", "\\ud83d")]
    [InlineData("\"\\uDC00\"", "\\uDC00")]
    [InlineData("\"\\uffff\"", "\\uffff")]
    [InlineData("\"\\ufdd0\"", "\\ufdd0")]
    [InlineData("\"\\udbff\\udfff\"", "\\udbff\\udfff")]
    public void Escape_that_is_no_character_is_quoted(string token, string quoted)
    {
        var error = Assert.Single(new JsonMessageReader().ReadAll(token)).Error;
        Assert.Equal($"1:1: JSON parse error, {quoted} is not a valid Unicode character", error);
    }

    [Theory]
    [InlineData("\"\\x\"")]
    [InlineData("\"\\U0041\"")]
    [InlineData("\"\\0\"")]
    [InlineData("\"\\\xC3\xA9\"")]
    public void Other_escapes_are_refused(string token)
    {
        Assert.Equal(InvalidEscape, Assert.Single(new JsonMessageReader().ReadAll(token)).Error);
    }

    [Theory]
    [InlineData("a", "a")]
    [InlineData("\\u0061", "a")]
    [InlineData("\xC3\xA9", "\xC3\xA9")]
    [InlineData("\\u00e9", "\xC3\xA9")]
    [InlineData("\\u0000", "\0")]
    public void Long_string_stays_utf8(string source, string utf8)
    {
        foreach (var length in new[] { 1020, 1024, 1026, 70_000 })
        {
            var count = length / utf8.Length;
            var text = string.Concat(Enumerable.Repeat(source, count));
            var expected = Feed.Bytes(string.Concat(Enumerable.Repeat(utf8, count)));

            var value = Assert.Single(new JsonMessageReader().ReadAll($"[\"{text}\"]")).Value![0]!;
            if (length <= JsonMessageReader.LongStringThreshold)
                Assert.Equal(Encoding.UTF8.GetString(expected), (string?)value);
            else
                Assert.Equal(expected, Assert.IsType<LongString>(value).Utf8.Memory.ToArray());
        }
    }

    [Fact]
    public void Long_key_is_a_string()
    {
        var key = new string('k', 5000);
        var message = Assert.Single(new JsonMessageReader().ReadAll($"{{\"{key}\":1}}"));
        Assert.Equal(key, Assert.Single(((JObject)message.Value!).Properties()).Name);
    }
}
