using Qga.Platform.Native;
using Qga.Platform.Storage;

namespace Qga.Platform.Tests.Storage;

public class MountPointNamesTests
{
    [Fact]
    public void Path_goes_by_itself()
    {
        AssertNames(["/", "/a b", "/a\\x20b", "/a\nb", "/ä€😀", "/x\uFFFD"], ["/", "/a b", "/a\\x20b", "/a\nb", "/ä€😀", "/x\uFFFD"]);
    }

    [Fact]
    public void Path_that_is_not_utf8_goes_by_what_can_be_read_of_it() =>
        AssertNames(["/caf\uDCE9", "/\uDCE2\uDC82x"], ["/caf\uFFFD", "/\uFFFDx"]);

    [Fact]
    public void Paths_that_look_the_same_go_by_their_bytes()
    {
        AssertNames(["/caf\uDCE9", "/caf\uDCE8", "/caf\uFFFD"], ["/caf\\xe9", "/caf\\xe8", "/caf\\xef\\xbf\\xbd"]);
        AssertNames(["/a\\\uDCE9", "/a\\\uDCE8"], ["/a\\x5c\\xe9", "/a\\x5c\\xe8"]);
    }

    [Fact]
    public void What_looks_like_several_is_refused()
    {
        var names = new MountPointNames(Mounted("/caf\uDCE9", "/caf\uDCE8", "/b\uDCE9", "/b\\xe9"));

        var failure = Assert.Throws<AmbiguousMountPointException>(() => names.Find("/caf\uFFFD"));
        Assert.Equal("mount point /caf\uFFFD may be any of /caf\\xe9, /caf\\xe8", failure.Message);

        // Each of the two is told by a name of its own, but this was the other's as long as it was alone.
        Assert.Throws<AmbiguousMountPointException>(() => names.Find("/b\\xe9"));
        Assert.Equal(["/b\\xe9"], names.Find("/b\\x5cxe9").Select(mountPoint => mountPoint.Path));
        Assert.Equal(["/b\uDCE9"], names.Find("/b\uFFFD").Select(mountPoint => mountPoint.Path));
    }

    [Fact]
    public void Filesystems_at_one_path_go_by_one_name()
    {
        var mounted = Mounted("/a", "/a", "/b");

        Assert.Equal(mounted.Take(2), new MountPointNames(mounted).Find("/a"));
    }

    [Fact]
    public void What_is_not_mounted_is_not_found() => Assert.Empty(new MountPointNames(Mounted("/a")).Find("/a/"));

    private static void AssertNames(string[] paths, string[] expected)
    {
        var mounted = Mounted(paths);
        var names = new MountPointNames(mounted);
        Assert.Equal(expected, mounted.Select(names.Of));
        Assert.All(mounted, mountPoint => Assert.Equal([mountPoint], names.Find(names.Of(mountPoint))));
    }

    private static List<MountPoint> Mounted(params string[] paths) =>
        [.. paths.Select((path, index) => new MountPoint(path, "ext4", new DeviceNumber(8, (uint)index)))];
}
