using Qga.Ctl.Copying;

namespace Qga.Ctl.Tests.Copying;

public class TreeEntryTests
{
    [Theory]
    [InlineData("a", "b", true)]
    [InlineData("a", "b/c", true)]
    [InlineData("a", "./b", true)]
    [InlineData("d/a", "../b", true)]
    [InlineData("d/e/a", "../../b", true)]
    [InlineData("d/a", ".././b//c", true)]
    [InlineData("a", "/etc/passwd", false)]
    [InlineData("a", "..", false)]
    [InlineData("a", "../b", false)]
    [InlineData("d/a", "../../b", false)]
    [InlineData("d/a", "./../../b", false)]
    [InlineData("a", "", false)]
    [InlineData("a", "b/../../c", false)]
    [InlineData("a", "b/..", false)]        // b may be a link that leads down, and up from there is elsewhere
    public void Link_stays_inside_whatever_other_links_there_are(string path, string target, bool stays) =>
        Assert.Equal(stays, new TreeEntry(EntryKind.Link, path, default, 0, 0, 0, target).StaysInside);
}
