using System.Text;
using Qga.Platform.Proc;
using Qga.Platform.Storage;

namespace Qga.Platform.Tests.Storage;

public class MountCoversTests
{
    [Fact]
    public void Nothing_hides_what_is_mounted_below_or_beside() => Assert.Equal([], Hidden(
        "20 1 8:1 / / rw - ext4 /dev/sda1 rw",
        "21 20 8:2 / /a rw - ext4 /dev/sda2 rw",
        "22 21 8:3 / /a/b rw - ext4 /dev/sda3 rw",
        "23 20 8:4 / /a.b rw - ext4 /dev/sda4 rw"));

    [Fact]
    public void Mount_hides_the_one_that_it_lies_on() => Assert.Equal(["21", "22"], Hidden(
        "20 1 8:1 / / rw - ext4 /dev/sda1 rw",
        "21 20 8:2 / /a rw - ext4 /dev/sda2 rw",
        "22 21 8:3 / /a rw - ext4 /dev/sda3 rw",
        "23 22 8:4 / /a rw - ext4 /dev/sda4 rw"));

    [Fact]
    public void Mount_hides_what_is_mounted_below_on_the_filesystem_under_it_whichever_came_first() => Assert.Equal(["21", "23", "24", "25"], Hidden(
        "20 1 8:1 / / rw - ext4 /dev/sda1 rw",
        "21 20 8:2 / /a/b/c rw - ext4 /dev/sda2 rw",
        "22 20 0:9 / /a rw - tmpfs tmpfs rw",
        "23 20 8:3 / /a/d rw - ext4 /dev/sda3 rw",
        "24 23 8:4 / /a/d/e rw - ext4 /dev/sda4 rw",
        "25 24 8:5 / /a/d/e/f rw - ext4 /dev/sda5 rw",
        "26 22 8:6 / /a/d rw - ext4 /dev/sda6 rw"));

    [Fact]
    public void Mount_over_the_root_hides_nothing() => Assert.Equal([], Hidden(
        "20 1 8:1 / / rw - ext4 /dev/sda1 rw",
        "21 20 8:2 / / rw - ext4 /dev/sda2 rw",
        "22 20 8:3 / /a rw - ext4 /dev/sda3 rw"));

    [Fact]
    public void Table_that_leads_round_in_a_circle_ends() => Assert.Equal([], Hidden(
        "20 21 8:1 / /a rw - ext4 /dev/sda1 rw",
        "21 20 8:2 / /b rw - ext4 /dev/sda2 rw"));

    private static IEnumerable<string> Hidden(params string[] lines)
    {
        var mounts = MountInfo.Parse(Encoding.UTF8.GetBytes(string.Join('\n', lines)));
        var covers = new MountCovers(mounts);
        return mounts.Where(covers.Hide).Select(mount => $"{mount.Id}");
    }
}
