using System.Text;
using Qga.Actors.Commands;
using Qga.Transport.Protocol;

namespace Qga.Actors.Tests.Commands;

public class LaxBase64Tests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("YWJj", "616263")]
    [InlineData("YQ==", "61")]
    [InlineData("YWI=", "6162")]
    [InlineData("YQ", "")]
    [InlineData("a", "")]
    [InlineData("aaaaa", "69A69A")]
    [InlineData("YQ==YQ==", "6161")]
    [InlineData("YQ=a", "611A")]
    [InlineData("=aaa", "01A69A")]
    [InlineData("aa===", "69")]
    [InlineData("====", "00")]
    [InlineData("aaa=aaaaa", "69A669A69A")]
    [InlineData("YWJj\nYWJj\n", "616263616263")]
    [InlineData("Y\nW\nJ\nj", "616263")]
    [InlineData("YR==", "61")]
    public void Decodes_as_qemu_ga_does(string text, string hex)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        Assert.Equal(hex, Convert.ToHexString(bytes, 0, LaxBase64.DecodeInPlace(bytes)));
    }

    [Fact]
    public void Length_is_never_more_than_was_told_before()
    {
        const string Letters = "AQz9/=====\n";
        var random = new Random(1);
        var wrong = Enumerable.Range(0, 20_000)
            .Select(_ => new string([.. Enumerable.Range(0, random.Next(30)).Select(_ => Letters[random.Next(Letters.Length)])]))
            .Append(string.Concat(Enumerable.Repeat("QUJD", 100)) + string.Concat(Enumerable.Repeat("====", 400)))
            .Where(text => LaxBase64.DecodedLength(Encoding.ASCII.GetBytes(text)) < LaxBase64.DecodeInPlace(Encoding.ASCII.GetBytes(text)));
        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("Y Q==")]
    [InlineData("YQ==\r\n")]
    [InlineData("_-__")]
    [InlineData("YWJj\0")]
    [InlineData("YWJjYWJj!")]
    [InlineData("é")]
    [InlineData("YWJj\tYWJj")]
    public void Refuses_what_is_not_of_the_alphabet(string text)
    {
        var refusal = Assert.Throws<CommandException>(() => LaxBase64.DecodeInPlace(Encoding.UTF8.GetBytes(text)));
        Assert.Equal("Base64 data contains invalid characters", refusal.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Decodes_large_texts_over_the_borders_of_its_blocks(int extra)
    {
        var content = new byte[100_000 + extra];
        new Random(1).NextBytes(content);

        var plain = Encoding.ASCII.GetBytes(Convert.ToBase64String(content));
        var broken = Encoding.ASCII.GetBytes(Convert.ToBase64String(content, Base64FormattingOptions.InsertLineBreaks).ReplaceLineEndings("\n"));

        Assert.Equal(content, plain[..LaxBase64.DecodeInPlace(plain)]);
        Assert.Equal(content, broken[..LaxBase64.DecodeInPlace(broken)]);
    }
}
