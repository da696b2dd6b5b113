using Qga.Ctl.Copying;
using Qga.Testing;

namespace Qga.Ctl.Tests.Copying;

public sealed class LocalTreeTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly LocalTree _tree;

    public LocalTreeTests() => _tree = new LocalTree(_scratch.PathOf("target"));

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Directories_are_made_on_the_way()
    {
        Assert.Equal($"{_tree.Root}/a/b/c", _tree.PlaceOf("a/b/c"));
        Assert.True(Directory.Exists($"{_tree.Root}/a/b"));
        Assert.True(_tree.MakeDirectory("a/b/c"));
        Assert.False(_tree.MakeDirectory("a/b/c"));
    }

    [Theory]
    [InlineData("link")]
    [InlineData("link/f")]
    [InlineData("d/link/e/f")]
    public void Link_is_not_followed(string path)
    {
        var outside = Directory.CreateDirectory(_scratch.PathOf("outside")).FullName;
        Directory.CreateDirectory($"{_tree.Root}/d");
        File.CreateSymbolicLink($"{_tree.Root}/link", outside);
        File.CreateSymbolicLink($"{_tree.Root}/d/link", outside);

        Assert.Contains("is a symbolic link, and is not followed", Assert.Throws<IOException>(() => _tree.MakeDirectory(path)).Message, StringComparison.Ordinal);
        Assert.Throws<IOException>(() => _tree.MakeDirectory(path));
        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
    }

    [Fact]
    public void Link_that_was_made_is_not_followed_either()
    {
        var outside = Directory.CreateDirectory(_scratch.PathOf("outside")).FullName;
        _tree.MakeLink("link", outside);
        Assert.Throws<IOException>(() => _tree.PlaceOf("link/f"));
    }

    [Fact]
    public void Root_may_be_a_link_of_the_users_own()
    {
        Directory.CreateDirectory(_scratch.PathOf("real"));
        File.CreateSymbolicLink(_tree.Root, _scratch.PathOf("real"));
        Assert.True(_tree.MakeDirectory("a"));
        Assert.True(Directory.Exists(_scratch.PathOf("real/a")));
    }

    [Fact]
    public void File_is_no_directory()
    {
        Directory.CreateDirectory(_tree.Root);
        File.WriteAllText($"{_tree.Root}/f", "");
        Assert.EndsWith("/f is no directory", Assert.Throws<IOException>(() => _tree.PlaceOf("f/a")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Link_takes_the_place_of_a_file_and_not_of_a_directory()
    {
        Directory.CreateDirectory($"{_tree.Root}/d");
        File.WriteAllText($"{_tree.Root}/f", "");
        _tree.MakeLink("f", "x");
        _tree.MakeLink("f", "y");
        Assert.Equal("y", new FileInfo($"{_tree.Root}/f").LinkTarget);
        Assert.Throws<IOException>(() => _tree.MakeLink("d", "x"));
        Assert.Throws<IOException>(() => _tree.MakeLink("f", ""));
        Assert.True(Directory.Exists($"{_tree.Root}/d"));
    }
}
