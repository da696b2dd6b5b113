using System.Text;
using Qga.Platform.Proc;

namespace Qga.Platform.Tests.Proc;

public sealed class AssignmentFileTests
{
    /// <summary>What qemu-ga reads too.</summary>
    [Theory]
    [InlineData("K=plain\n", "plain")]
    [InlineData("K=no line feed", "no")]
    [InlineData("K=\"in double quotes\"\n", "in double quotes")]
    [InlineData("K=\"\"\n", "")]
    [InlineData("K=\n", "")]
    [InlineData("K=\"a\\$b\\`c\\\"d\\\\e\\nf\\'g\" tail\n", "a$b`c\"d\\e\\nf'g")]
    [InlineData("  K  =  blanks  \n", "blanks")]
    [InlineData("K=\"blanks inside \" \t\n", "blanks inside ")]
    [InlineData("K=a;b\n", "a")]
    [InlineData("K=a # no comment\n", "a")]
    [InlineData("K=a=b\n", "a=b")]
    [InlineData("K=$HOME\n", "$HOME")]
    [InlineData("K=a\\$b\n", "a\\$b")]
    [InlineData("K=first\nK=last\n", "last")]
    [InlineData("# K=comment\n\n  # K=another\nK=a\n", "a")]
    [InlineData("K=\"carriage return\"\r\n", "carriage return")]
    [InlineData("export K=a\n", null)]
    [InlineData("k=lower\nKK=longer\nK[de]=other\n", null)]
    [InlineData("", null)]
    public void Value_is_read_as_qemu_ga_does(string text, string? value) => Assert.Equal(value, ValueOf(Encoding.UTF8.GetBytes(text)));

    /// <summary>Where qemu-ga gives nothing at all, keeps the quotes or doubles the last character, os-release(5) is followed.</summary>
    [Theory]
    [InlineData("K='in single quotes'\n", "in single quotes")]
    [InlineData("K='a\\'b\n", "a\\")]
    [InlineData("K='no end\n", "no end")]
    [InlineData("K='\n", "")]
    [InlineData("K=\"no end\n", "no end")]
    [InlineData("K=\"no end", "no end")]
    [InlineData("K=\"no end\\", "no end\\")]
    [InlineData("K=\"no end\\\"", "no end\"")]
    [InlineData("K=\"first line\nsecond line\"\n", "first line")]
    [InlineData("no assignment\nK=a\n", "a")]
    [InlineData("=no key\nK=a\n", "a")]
    [InlineData("[group]\nK=a\n", "a")]
    public void Value_is_read_by_the_manual_where_qemu_ga_fails(string text, string? value) =>
        Assert.Equal(value, ValueOf(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Bytes_that_are_not_utf8_cost_no_more_than_themselves() => Assert.Equal("a\uDCFFb", ValueOf([.. "K=a"u8, 0xFF, .. "b\nL=c\n"u8]));

    [Fact]
    public void File_cut_anywhere_is_read_as_far_as_it_goes()
    {
        var whole = "A=1\n# comment\nK=\"aä\\\"b\"\nB='2'\nC=3"u8;
        for (var length = 0; length <= whole.Length; length++)
        {
            // A character or an escape in two parts leaves its first.
            var value = ValueOf(whole[..length])?.TrimEnd('\uDCC3', '\\');
            Assert.StartsWith(value ?? "", "aä\"b", StringComparison.Ordinal);
        }

        Assert.Equal("aä\"b", ValueOf(whole));
    }

    private static string? ValueOf(ReadOnlySpan<byte> text) => AssignmentFile.Parse(text).GetValueOrDefault("K");
}
