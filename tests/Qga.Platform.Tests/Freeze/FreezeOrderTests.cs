using Qga.Platform.Freeze;
using Qga.Platform.Native;
using Qga.Platform.Storage;

namespace Qga.Platform.Tests.Freeze;

public class FreezeOrderTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("a", "a")]
    [InlineData("a b c d", "d c b a")]
    public void Order_is_the_reverse_of_mounting(string mounted, string expected) => Assert.Equal(expected, Order(mounted));

    [Theory]
    [InlineData("a b c d", "d c b a", "b<a", "c<b", "d<a")]         // already so
    [InlineData("a b c d", "d c a b", "a<b")]                       // a moves up to right before its holder
    [InlineData("a b c d", "a d c b", "a<d")]
    [InlineData("a b c d", "a b c d", "a<b", "b<c", "c<d")]
    [InlineData("a b c d", "b a d c", "a<d", "b<d")]                // those that move keep their order
    [InlineData("a b c d", "b a d c", "a<d", "b<a")]
    [InlineData("a b c d", "a d c b", "a<b", "a<c", "a<d")]
    public void Filesystem_comes_before_its_holder(string mounted, string expected, params string[] edges) =>
        Assert.Equal(expected, Order(mounted, edges));

    [Theory]
    [InlineData("failed to freeze /a: its device depends on /a", "a<a")]
    [InlineData("failed to freeze /b: its device depends on /a, which depends on /b", "a<b", "b<a")]
    [InlineData("failed to freeze /c: its device depends on /a, which depends on /b, which depends on /c", "c<a", "a<b", "b<c")]
    [InlineData("failed to freeze /a: its device depends on /b, which depends on /a", "a<b", "b<a", "d<a", "a<c")]
    public void Circle_is_refused_by_name(string message, params string[] edges) =>
        Assert.Equal(message, Assert.Throws<FreezeException>(() => Order("a b c d", edges)).Message);

    [Fact]
    public void Filesystems_that_hold_one_another_in_a_row_are_taken_from_the_end()
    {
        var mounted = string.Join(' ', Enumerable.Range(0, 500));
        var edges = Enumerable.Range(1, 499).Select(number => $"{number - 1}<{number}").ToArray();

        Assert.Equal(mounted, Order(mounted, edges));
    }

    /// <param name="mounted">Mount points in their order.</param>
    /// <param name="edges">The device of the left one is held by the right one.</param>
    private static string Order(string mounted, params string[] edges)
    {
        var mountPoints = mounted.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select((name, index) => new MountPoint($"/{name}", "ext4", new DeviceNumber(8, (uint)index)))
            .ToList();
        var holders = edges.Select(edge => edge.Split('<')).ToLookup(edge => Find(edge[0]), edge => Find(edge[1]));

        var order = FreezeOrder.Of(mountPoints, mountPoint => holders[mountPoint]);
        return string.Join(' ', order.Select(mountPoint => mountPoint.Path[1..]));

        MountPoint Find(string name) => mountPoints.Single(mountPoint => mountPoint.Path == $"/{name}");
    }
}
