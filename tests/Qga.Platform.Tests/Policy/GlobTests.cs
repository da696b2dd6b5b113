using Qga.Platform.Policy;

namespace Qga.Platform.Tests.Policy;

public class GlobTests
{
    [Theory]
    [InlineData("/a", "/a", true)]
    [InlineData("/a", "/ab", false)]
    [InlineData("/a", "/", false)]
    [InlineData("/a/*", "/a/b", true)]
    [InlineData("/a/*", "/a/b/c", false)]
    [InlineData("/a/*", "/a/", true)]
    [InlineData("/a/**", "/a/b/c", true)]
    [InlineData("/a/**", "/ab", false)]
    [InlineData("/a**", "/ab/c", true)]
    [InlineData("/**", "/a/b", true)]
    [InlineData("/ssl/**/*.key", "/ssl/a.key", true)]
    [InlineData("/ssl/**/*.key", "/ssl/x/a.key", true)]
    [InlineData("/ssl/**/*.key", "/ssl/x/y/a.key", true)]
    [InlineData("/ssl/**/*.key", "/ssl/a.keys", false)]
    [InlineData("/ssl/**/*.key", "/sslx/a.key", false)]
    [InlineData("/a/**/**/b", "/a/b", true)]
    [InlineData("/a/**/**/b", "/a/x/b", true)]
    [InlineData("/**/b", "/b", true)]
    [InlineData("/a/**/b/**/c", "/a/b/c", true)]
    [InlineData("/a/**/b/**/c", "/a/c", false)]
    [InlineData("/a/x**/b", "/a/xy/z/b", true)]
    [InlineData("/a/x**/b", "/a/b", false)]
    [InlineData("/a/?", "/a/b", true)]
    [InlineData("/a/?", "/a/", false)]
    [InlineData("/a?b", "/a/b", false)]
    [InlineData("/a/?", "/a/\U0001F511", true)]
    [InlineData("/a/??", "/a/\U0001F511", false)]
    [InlineData("/a/*.b", "/a/.b", true)]
    [InlineData("/a/*a*b", "/a/aab", true)]
    [InlineData("/a.b", "/axb", false)]
    [InlineData("/A", "/a", false)]
    public void Path_is_matched_as_a_whole(string glob, string path, bool isMatch) => Assert.Equal(isMatch, Glob.OfPaths(glob, ignoresCase: false).IsMatch(path));

    /// <summary>What stands for it is half of a character, which would not outlive the list of a test's cases.</summary>
    [Fact]
    public void Byte_that_is_no_text_is_a_character()
    {
        Assert.True(Glob.OfPaths("/a/?", ignoresCase: false).IsMatch("/a/\uDCE9"));
        Assert.False(Glob.OfPaths("/a/?", ignoresCase: false).IsMatch("/a/\uDCE9\uDCE8"));
    }

    [Theory]
    [InlineData("/A/É*", "/a/éb")]
    [InlineData("/a/key*", "/A/\u212Aey1")]
    [InlineData("/a/s*", "/a/\u017Fx")]
    public void Capitals_are_small_letters_where_they_may_be(string glob, string path)
    {
        Assert.True(Glob.OfPaths(glob, ignoresCase: true).IsMatch(path));
        Assert.False(Glob.OfPaths(glob, ignoresCase: false).IsMatch(path));
    }

    [Theory]
    [InlineData("LC_*", "LC_ALL", true)]
    [InlineData("LC_*", "XLC_ALL", false)]
    [InlineData("*", "", true)]
    [InlineData("*/x", "a/b/x", true)]
    [InlineData("?", "/", true)]
    [InlineData("**", "ab", true)]
    public void Star_of_a_name_stands_for_anything(string glob, string name, bool isMatch) => Assert.Equal(isMatch, Glob.OfNames(glob).IsMatch(name));

    [Fact]
    public void Glob_takes_time_in_proportion_and_no_memory()
    {
        var glob = Glob.OfNames("*a" + new string('?', 60) + "b");
        var text = string.Concat(Enumerable.Repeat("ab", 50_000)) + "c";
        Assert.False(glob.IsMatch("c"));

        // As an automaton without choice it would have 2^60 states.
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(glob.IsMatch(text));
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
