using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.Tests.Proc;

public class MountInfoTests
{
    [Theory]
    [InlineData("36 35 98:0 /mnt1 /mnt2 rw,noatime - ext3 /dev/root rw,errors=continue")]
    [InlineData("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue")]
    [InlineData("36 35 98:0 /mnt1 /mnt2 rw,noatime shared:7 master:2 propagate_from:3 - ext3 /dev/root rw,errors=continue")]
    public void Any_number_of_optional_fields_is_passed_over(string line) => Assert.Equal(
        new MountInfo(36, 35, new DeviceNumber(98, 0), "/mnt1", "/mnt2", "ext3", "/dev/root", "rw,errors=continue"),
        Assert.Single(Parse(line)));

    [Fact]
    public void Escapes_are_resolved()
    {
        var mount = Assert.Single(Parse(@"1 2 8:1 /a\040b /c\011d rw - fuse.x\134y //server/a\040b rw"));

        Assert.Equal(("/a b", "/c\td", "fuse.x\\y", "//server/a b"), (mount.Root, mount.MountPoint, mount.Type, mount.Source));
    }

    [Fact]
    public void Field_may_be_empty() => Assert.Equal("", Assert.Single(Parse("1 2 0:5 / /a rw - tmpfs  rw")).Source);

    [Fact]
    public void Options_of_the_filesystem_may_be_missing() =>
        Assert.Equal("", Assert.Single(Parse("1 2 8:1 / /a rw - ext4 /dev/sda1")).SuperOptions);

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("1 2 8:1 / /a rw ext4 /dev/sda1 rw")]
    [InlineData("1 2 8:1 / /a rw -")]
    [InlineData("1 2 8:1 / /a rw - ext4")]
    [InlineData("1 2 8:1 / /a - ext4 /dev/sda1 rw")]
    [InlineData("x 2 8:1 / /a rw - ext4 /dev/sda1 rw")]
    [InlineData("1 x 8:1 / /a rw - ext4 /dev/sda1 rw")]
    [InlineData("1 2 8 / /a rw - ext4 /dev/sda1 rw")]
    [InlineData("1 2 :1 / /a rw - ext4 /dev/sda1 rw")]
    [InlineData("1 2 8:x / /a rw - ext4 /dev/sda1 rw")]
    [InlineData("1 2 -8:1 / /a rw - ext4 /dev/sda1 rw")]
    [InlineData("1 2 4294967296:1 / /a rw - ext4 /dev/sda1 rw")]
    public void Line_that_makes_no_sense_is_left_out(string line) => Assert.Equal(
        ["/before", "/behind"],
        Parse($"1 2 8:1 / /before rw - ext4 /dev/sda1 rw\n{line}\n1 2 8:1 / /behind rw - ext4 /dev/sda1 rw\n")
            .Select(mount => mount.MountPoint));

    [Fact]
    public void Table_that_is_cut_anywhere_is_read_up_to_there()
    {
        const string Line = "36 35 98:0 /a\\040b /c rw shared:1 - ext3 /dev/root rw\n";
        for (var length = 0; length < Line.Length; length++)
        {
            var mounts = Parse(Line + Line[..length]);

            Assert.InRange(mounts.Count, 1, 2);
            Assert.Equal("/a b", mounts[0].Root);
        }
    }

    [Theory]
    [InlineData("rw,lowerdir=/l,upperdir=/u,workdir=/w", "/u")]
    [InlineData("upperdir=/u", "/u")]
    [InlineData(@"rw,upperdir=/a\054b\040c", "/a,b c")]
    [InlineData("rw,upperdir=", "")]
    [InlineData("rw,xupperdir=/u,upperdirs=/u,upperdir", null)]
    [InlineData("", null)]
    public void Option_of_the_filesystem_is_found_by_its_name(string options, string? value) =>
        Assert.Equal(value, Assert.Single(Parse($"1 2 0:1 / /o rw - overlay overlay {options}")).SuperOption("upperdir"));

    private static IReadOnlyList<MountInfo> Parse(string text) => MountInfo.Parse(System.Text.Encoding.UTF8.GetBytes(text));
}
