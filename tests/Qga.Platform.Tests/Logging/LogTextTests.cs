using System.Text;
using Qga.Platform.Logging;

namespace Qga.Platform.Tests.Logging;

public sealed class LogTextTests
{
    [Theory]
    [InlineData("")]
    [InlineData("guest-exec called: \"/bin/sh -c echo\"")]
    [InlineData(@"C:\new\table \u001b")]
    [InlineData("na\u00EFve \u20AC \uD83D\uDE00 \u4E2D e\u0301")]
    public void Ordinary_text_stays_as_it_is(string text) => Assert.Equal(text, LogText.Of(text));

    [Theory]
    [InlineData("a\nb\r\tc", @"a\nb\r\tc")]
    [InlineData("\u001B[31mred\0\u007F\u0085\u009B", @"\u001b[31mred\u0000\u007f\u0085\u009b")]
    [InlineData("\u2028\u2029\u202E\u2066\u200F\u061C\uFEFF", @"\u2028\u2029\u202e\u2066\u200f\u061c\ufeff")]
    [InlineData("\uDB40\uDC41", @"\udb40\udc41")]
    public void What_is_not_visible_is_escaped(string text, string line) => Assert.Equal(line, LogText.Of(text));

    [Fact]
    public void Byte_that_is_not_utf8_is_escaped() => Assert.Equal(@"/mnt/caf\xe9", LogText.Of("/mnt/caf\uDCE9"));

    [Theory]
    [InlineData("x", 2048)]
    [InlineData("\u20AC", 682)]
    [InlineData("\uD83D\uDE00", 512)]
    [InlineData("\n", 1024)]
    public void Too_long_a_text_is_cut_between_characters_and_says_how_long_it_was(string piece, int most)
    {
        var longest = string.Concat(Enumerable.Repeat(piece, most));
        var escaped = longest.Replace("\n", @"\n", StringComparison.Ordinal);

        Assert.Equal(escaped, LogText.Of(longest));
        Assert.Equal($"{escaped}... (cut: {Encoding.UTF8.GetByteCount(longest + piece)} bytes in all)", LogText.Of(longest + piece));
    }
}
