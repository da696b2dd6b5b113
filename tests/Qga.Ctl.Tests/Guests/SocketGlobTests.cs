using Qga.Ctl.Guests;
using Qga.Testing;

namespace Qga.Ctl.Tests.Guests;

public class SocketGlobTests
{
    [Theory]
    [InlineData("*.sock", "a.sock b.sock")]
    [InlineData("?.sock", "a.sock b.sock")]
    [InlineData("*/*.sock", "d/c.sock")]
    [InlineData("d/[c].sock", "")]
    [InlineData(".*", ".hidden")]
    [InlineData("none/*", "")]
    [InlineData("*", "a.sock b.sock b.txt")]
    public void Pattern_finds_what_a_shell_would(string pattern, string found)
    {
        using var scratch = new ScratchDirectory();
        Directory.CreateDirectory(scratch.PathOf("d"));
        foreach (var name in new[] { "a.sock", "b.sock", "b.txt", "d/c.sock", ".hidden" })
            scratch.Write(name, "");
        Assert.Equal(
            found.Split(' ', StringSplitOptions.RemoveEmptyEntries), SocketGlob.Expand(scratch.PathOf(pattern)).Select(path => Path.GetRelativePath(scratch.Root, path)));
    }
}
