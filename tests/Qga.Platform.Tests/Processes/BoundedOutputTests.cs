using System.Text;
using Qga.Platform.Processes;

namespace Qga.Platform.Tests.Processes;

public sealed class BoundedOutputTests
{
    private const int Size = 2 * BoundedOutput.PartSize;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(BoundedOutput.PartSize)]
    [InlineData(Size)]
    public void What_fits_is_kept_whole(int length) => Assert.Equal(Text(length), Printed(Text(length), 1000));

    [Theory]
    [InlineData(Size + 1, 1)]
    [InlineData(Size + 1, 1000)]
    [InlineData(3 * Size, 7)]
    [InlineData(3 * Size, BoundedOutput.PartSize)]
    [InlineData(3 * Size + 5, 3 * Size)]
    [InlineData(100 * Size + 3, 1 << 16)]
    public void Of_more_the_beginning_and_the_end_are_kept(int length, int pieceSize)
    {
        var text = Text(length);

        Assert.Equal(
            $"{text[..BoundedOutput.PartSize]}\n[{length - Size} bytes left out]\n{text[^BoundedOutput.PartSize..]}", Printed(text, pieceSize));
    }

    [Fact]
    public void Bytes_that_are_no_text_are_marked() =>
        Assert.Equal("a\uFFFD\uFFFDb\uFFFD", Printed([.. "a"u8, 0xFF, 0xFE, .. "b"u8, 0xC3], 1));

    /// <summary>Text in which every place looks different.</summary>
    private static string Text(int length) =>
        string.Concat(Enumerable.Range(0, length / 8 + 1).Select(number => $"{number,8}"))[..length];

    private static string Printed(string text, int pieceSize) => Printed(Encoding.ASCII.GetBytes(text), pieceSize);

    private static string Printed(byte[] bytes, int pieceSize)
    {
        var output = new BoundedOutput();
        foreach (var piece in bytes.Chunk(pieceSize))
            output.Append(piece);
        return output.ToString();
    }
}
