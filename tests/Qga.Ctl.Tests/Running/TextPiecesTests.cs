using System.Text;
using Qga.Ctl.Running;

namespace Qga.Ctl.Tests.Running;

public class TextPiecesTests
{
    [Fact]
    public void Text_is_text_wherever_it_is_cut()
    {
        const string Text = "aä€😀\u001b\n";
        var bytes = Encoding.UTF8.GetBytes(Text);
        for (var first = 0; first <= bytes.Length; first++)
        {
            for (var second = first; second <= bytes.Length; second++)
            {
                var pieces = new TextPieces();
                var all = new[] { pieces.Add(bytes.AsSpan(..first)), pieces.Add(bytes.AsSpan(first..second)), pieces.Add(bytes.AsSpan(second..)), pieces.End() };
                Assert.All(all, piece => Assert.True(piece?.IsText ?? true));
                Assert.Equal(Text, string.Concat(all.Select(piece => piece?.Value)));
            }
        }
    }

    [Theory]
    [InlineData(new byte[] { 0x61, 0xFF, 0x62 })]
    [InlineData(new byte[] { 0x80 })]
    [InlineData(new byte[] { 0xC3 })]
    [InlineData(new byte[] { 0x61, 0xF0, 0x9F, 0x98 })]
    [InlineData(new byte[] { 0xF8, 0x80, 0x80, 0x80, 0x80 })]
    public void What_is_no_text_is_base64_and_whole(byte[] bytes)
    {
        var pieces = new TextPieces();
        var all = new[] { pieces.Add(bytes), pieces.End() }.OfType<TextPieces.Piece>().ToList();
        Assert.Contains(all, piece => !piece.IsText);
        Assert.Equal(bytes, all.SelectMany(piece => piece.IsText ? Encoding.UTF8.GetBytes(piece.Value) : Convert.FromBase64String(piece.Value)));
    }
}
