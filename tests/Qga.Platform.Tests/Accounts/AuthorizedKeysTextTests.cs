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
    [InlineData("", "Q", "Q")]
    [InlineData("Y", "Y\nZ", "Z")]
    [InlineData("Y\n", "Y\n\nZ", "Z")]
    [InlineData("Y\n", "Y\n", "Y")]
    [InlineData("Y", "Y\n", "")]
    [InlineData("Y\n\n", "Y\n\n\nZ", "", "Z")]
    [InlineData("", "z", "z", "z")]
    [InlineData(" Y\r\n\u00FF\0", " Y\r\n\u00FF\0\nY\n\u00C3\u00A4", "Y", "\u00E4")]
    [InlineData("Y\nY\n", "Y\nY\n")]
    public void Adding_keeps_what_is_there_byte_for_byte(string before, string after, params string[] keys) =>
        Assert.Equal(after, Text(AuthorizedKeysText.Add(Bytes(before), keys)));

    [Theory]
    [InlineData("", "", "Q")]
    [InlineData("Y\nY\nZ\nY", "Z", "Y")]
    [InlineData("Y\nY", "", "Y")]
    [InlineData("Y\n", "", "Y", "")]
    [InlineData("Y\n", "Y\n")]
    [InlineData(" Y\nY \r\n\u00FF\nY", " Y\nY \r\n\u00FF", "Y")]
    [InlineData("a\n\u00C3\u00A4\nb", "a\nb", "\u00E4")]
    public void Removing_takes_every_line_that_is_exactly_equal(string before, string after, params string[] keys) =>
        Assert.Equal(after, Text(AuthorizedKeysText.Remove(Bytes(before), keys)));

    /// <summary>Here each character is one byte.</summary>
    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static string Text(ReadOnlyMemory<byte> text) => Encoding.Latin1.GetString(text.Span);
}
