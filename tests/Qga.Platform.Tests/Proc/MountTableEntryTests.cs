using Qga.Platform.Proc;

namespace Qga.Platform.Tests.Proc;

public class MountTableEntryTests
{
    [Fact]
    public void Line_is_source_mount_point_and_type() => Assert.Equal(
        [new("/dev/sda1", "/", "ext4"), new("/dev/sd b", "/a b", "vfat")],
        MountTableEntry.Parse("/dev/sda1 / ext4 rw,relatime 0 0\n/dev/sd\\040b\t/a\\040b  vfat rw 0 0\n"u8));

    [Fact]
    public void Comments_and_lines_that_make_no_sense_are_left_out() =>
        Assert.Empty(MountTableEntry.Parse("\n# /dev/sda1 / ext4 rw 0 0\n/dev/sda1\n/dev/sda1 /\n \n"u8));
}
