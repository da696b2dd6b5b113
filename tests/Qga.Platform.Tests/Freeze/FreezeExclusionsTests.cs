using Qga.Platform.Freeze;
using Qga.Platform.Storage;

namespace Qga.Platform.Tests.Freeze;

public class FreezeExclusionsTests
{
    [Theory]
    [InlineData("/mnt", "/mnt")]
    [InlineData("/mnt/*", "/mnt/a")]
    [InlineData("/mnt/*", "/mnt/a/b")]
    [InlineData("/mnt*", "/mnt")]
    [InlineData("/*", "/")]
    [InlineData("/**a*", "/a")]
    [InlineData("/*/b/*/d", "/a/b/b/c/d")]
    [InlineData("/mnt/?", "/mnt/a")]
    [InlineData("/[a-c]", "/b")]
    [InlineData("/[xa-c_]", "/_")]
    [InlineData("/[!a-c]", "/d")]
    [InlineData("/[]]", "/]")]
    [InlineData("/[!]]", "/a")]
    [InlineData("/[a-]", "/-")]
    [InlineData("/[*]", "/*")]
    [InlineData("/*[0-9]", "/disk10")]
    [InlineData("/[a", "/[a")]
    [InlineData("/[", "/[")]
    [InlineData("/[]", "/[]")]
    [InlineData("/[!]", "/[!]")]
    [InlineData("/mnt/", "/mnt")]
    [InlineData("/", "/")]
    public void Pattern_with_a_slash_in_front_is_for_mount_points(string pattern, string path) =>
        Assert.True(Excludes(path, "ext4", pattern));

    [Theory]
    [InlineData("/mnt", "/mnt/a")]
    [InlineData("/mnt", "/mn")]
    [InlineData("/mnt/?", "/mnt/")]
    [InlineData("/mnt/?", "/mnt/ab")]
    [InlineData("/mnt/*", "/mnt")]
    [InlineData("/*a", "/ab")]
    [InlineData("/[a-c]", "/d")]
    [InlineData("/[a-c]", "/")]
    [InlineData("/[!a-c]", "/b")]
    [InlineData("/[!]]", "/]")]
    [InlineData("/[c-a]", "/b")]
    [InlineData("/[a", "/a")]
    [InlineData("/[*]", "/a")]
    [InlineData("/MNT", "/mnt")]
    [InlineData("/.nt", "/mnt")]
    [InlineData("ext?", "/ext4")]
    public void Nothing_else_matches(string pattern, string path) => Assert.False(Excludes(path, "xfs", pattern));

    [Fact]
    public void Path_that_keeps_nothing_out_is_idle()
    {
        var exclusions = new FreezeExclusions(["/mnt", "/mtn", "/mnt /data", "/none/*", "vfat"]);

        Assert.Equal(["/mtn", "/mnt /data"], exclusions.Idle([new MountPoint("/mnt", "ext4", default)]));
    }

    [Theory]
    [InlineData("vfat")]
    [InlineData("v*")]
    [InlineData("?fat")]
    [InlineData("*")]
    public void Pattern_without_a_slash_in_front_is_for_types(string pattern)
    {
        Assert.True(Excludes("/mnt", "vfat", pattern));
        Assert.False(Excludes("/vfat", "", pattern.Replace("*", "*t", StringComparison.Ordinal)));
    }

    [Fact]
    public void One_of_the_patterns_is_enough()
    {
        Assert.True(Excludes("/mnt", "vfat", "/boot", "vfat", "xfs"));
        Assert.False(Excludes("/mnt", "ext4", "/boot", "vfat", "xfs"));
        Assert.False(Excludes("/mnt", "ext4"));
    }

    // Not a theory: its data would go through UTF-8 and lose what this is about.
    [Fact]
    public void Path_that_is_not_utf8_matches_as_it_is_told()
    {
        Assert.True(Excludes("/caf\uDCE9", "ext4", "/caf\uFFFD"));
        Assert.True(Excludes("/caf\uDCE9", "ext4", "/caf?"));
        Assert.False(Excludes("/cafe", "ext4", "/caf\uFFFD"));
    }

    [Fact]
    public void Stars_do_not_multiply() => Assert.False(
        Excludes("/" + new string('a', 4000), "ext4", "/" + string.Concat(Enumerable.Repeat("*a", 1000)) + "b"));

    private static bool Excludes(string path, string type, params string[] patterns) =>
        new FreezeExclusions(patterns).Excludes(new MountPoint(path, type, default));
}
