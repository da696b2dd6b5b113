using System.Text;
using Qga.Platform.Audit;
using Qga.Testing;

namespace Qga.Platform.Tests.Audit;

public class Sha256Tests
{
    /// <remarks>Of FIPS 180-4 and its example messages.</remarks>
    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    public void Hash_is_that_of_the_standard(string text, string hash) => Assert.Equal(hash, Sha256.HexOf(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Hash_of_every_length_is_that_of_sha256sum()
    {
        using var scratch = new ScratchDirectory();
        var contents = Enumerable.Range(0, 200).Append(1_000_000).Select(length => Enumerable.Range(0, length).Select(at => (byte)(at * 7)).ToArray()).ToList();
        string[] files = [.. contents.Select((content, number) => Write($"{number:0000}", content))];

        var sums = ProcessRun.Of("sha256sum", files).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[..64]);

        Assert.Equal(sums, contents.Select(content => Sha256.HexOf(content)));

        string Write(string name, byte[] content)
        {
            File.WriteAllBytes(scratch.PathOf(name), content);
            return scratch.PathOf(name);
        }
    }
}
