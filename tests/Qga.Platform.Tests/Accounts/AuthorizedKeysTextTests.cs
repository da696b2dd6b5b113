using System.Text;
using Qga.Platform.Accounts;

namespace Qga.Platform.Tests.Accounts;

public sealed class AuthorizedKeysTextTests
{
    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("# comment\n  # another\n \t\r\n")]
    [InlineData("K", "K")]
    [InlineData("  K1 \t\r\n\f\tssh-rsa AAA \"x\" a\\b\f\n#K\n\nK2", "K1", "ssh-rsa AAA \"x\" a\\b", "K2")]
    [InlineData("\vK", "\vK")]
    public void Keys_are_lines_without_blanks_around_them_and_without_comments(string text, params string[] keys) =>
        Assert.Equal(keys, AuthorizedKeysText.Keys(Bytes(text)));

    [Fact]
    public void Keys_are_UTF_8_as_far_as_they_can_be() => Assert.Equal(["\u00E4\uDCFF\0x"], AuthorizedKeysText.Keys(Bytes("\u00C3\u00A4\u00FF\0x")));

    [Theory]
    [InlineData("", "Q\n", "Q")]
    [InlineData("", "")]
    [InlineData("", "", "", " \r")]
    [InlineData("Y", "Y\n")]
    [InlineData("Y", "Y\nZ\n", "Z")]
    [InlineData("Y\n", "Y\nZ\n", "Z")]
    [InlineData("Y\n", "Y\n", "Y", "")]
    [InlineData("\n# c\n\nY\n\n\n", "\n# c\n\nY\n\n\nZ\n", "", "Z")]
    [InlineData("Y\n\n\n", "Y\n")]
    [InlineData("\n\n", "")]
    [InlineData("", "z\n", "z", "z", "z\r", "\tz ")]
    [InlineData("", "a b\tc\n", " a b\tc \f\r")]
    [InlineData(" Y\r\n\u00FF\0", " Y\r\n\u00FF\0\n\u00C3\u00A4 \u00E2\u0080\u00A8\n", "Y", "\u00E4 \u2028")]
    [InlineData("X\r\nY\r", "X\r\nY\r\nZ\n", "X\r", "Y", "Z")]
    [InlineData("Y\nY\n", "Y\nY\n")]
    public void Adding_keeps_every_line_that_is_there_and_ends_the_last_one(string before, string after, params string[] keys) =>
        Assert.Equal(after, Text(AuthorizedKeysText.Add(Bytes(before), keys)));

    [Theory]
    [InlineData("", "", "Q")]
    [InlineData("Y\nY\nZ\nY", "Z\n", "Y")]
    [InlineData("Y\nY", "", "Y")]
    [InlineData("Y\n\n# c\n\nZ\n", "Y\n\n# c\n", "Z")]
    [InlineData("Y\n\nZ", "Y\nZ\n", "")]
    [InlineData("Y", "Y\n", "X")]
    [InlineData(" Y\nY \r\n\u00FF\nY x", "\u00FF\nY x\n", "Y")]
    [InlineData("X\nY\r\n", "Y\r\n", "X\r")]
    [InlineData("a\n\u00C3\u00A4\nb", "a\nb\n", "\u00E4")]
    public void Removing_takes_every_line_that_has_the_key(string before, string after, params string[] keys) =>
        Assert.Equal(after, Text(AuthorizedKeysText.Remove(Bytes(before), keys)));

    /// <summary>Here each character is one byte.</summary>
    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static string Text(ReadOnlyMemory<byte> text) => Encoding.Latin1.GetString(text.Span);
}
