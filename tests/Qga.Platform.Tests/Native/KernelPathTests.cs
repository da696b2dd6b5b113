using System.Text;
using Qga.Platform.Native;

namespace Qga.Platform.Tests.Native;

public class KernelPathTests
{
    // Not a theory: its data would go through UTF-8 and lose what this is about.
    [Fact]
    public void Text_leads_back_to_the_path()
    {
        AssertBothWays([], "");
        AssertBothWays("/mnt/däta €😀"u8, "/mnt/däta €😀");
        AssertBothWays([0x2F, 0xE9], "/\uDCE9");
        AssertBothWays([0xC3, 0x2F, 0xC3, 0xA9, 0xFF], "\uDCC3/é\uDCFF");

        // Half of a pair is no UTF-8, so nothing else becomes the text of a byte.
        AssertBothWays([0xED, 0xB3, 0xA9], "\uDCED\uDCB3\uDCA9");

        static void AssertBothWays(ReadOnlySpan<byte> path, string text)
        {
            Assert.Equal(text, KernelPath.Decode(path));
            Assert.Equal([.. path, 0], KernelPath.Encode(text));
            Assert.Equal([.. path, 0], KernelPath.Encode(text, stackalloc byte[4]).ToArray());
            Span<byte> dirty = stackalloc byte[256];
            dirty.Fill(0xFF);
            Assert.Equal([.. path, 0], KernelPath.Encode(text, dirty).ToArray());
        }
    }

    [Theory]
    [InlineData(@"/a\040b\134\011c\012", "/a b\\\tc\n")]
    [InlineData(@"\134040", @"\040")]
    [InlineData(@"\303\251", "é")]
    [InlineData(@"/a\9x\04\400y\", @"/a\9x\04\400y\")]
    [InlineData(@"\04", @"\04")]
    public void Octal_digits_behind_a_backslash_are_a_byte(string field, string path) =>
        Assert.Equal(path, KernelPath.Unescape(field));

    [Fact]
    public void Field_is_bytes() =>
        Assert.Equal("/é", KernelPath.Unescape(Encoding.Latin1.GetString("/é"u8)));
}
