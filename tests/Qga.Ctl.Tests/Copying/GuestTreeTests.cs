using System.Text;
using CsCheck;
using Qga.Client;
using Qga.Ctl.Copying;

namespace Qga.Ctl.Tests.Copying;

public class GuestTreeTests
{
    [Fact]
    public void List_has_kinds_modes_owners_and_targets()
    {
        var entries = Parse("d 755 0 0 4096 .\0\0f 4644 1000 100 7 ./a b\nc\0\0l 777 0 0 1 ./d/l\0../x y\0p 600 0 0 0 ./fifo\0\0");
        Assert.Equal(
            [
                new TreeEntry(EntryKind.Directory, "", Mode("755"), 0, 0, 4096),
                new TreeEntry(EntryKind.File, "a b\nc", Mode("4644"), 1000, 100, 7),
                new TreeEntry(EntryKind.Link, "d/l", Mode("777"), 0, 0, 1, "../x y"),
                new TreeEntry(EntryKind.Other, "fifo", Mode("600"), 0, 0, 0),
            ],
            entries);
    }

    [Theory]
    [InlineData("./../x")]
    [InlineData("./a/../../x")]
    [InlineData("./a/..")]
    [InlineData("..")]
    [InlineData("../x")]
    [InlineData("./")]
    [InlineData(".//x")]
    [InlineData("./a/./b")]
    [InlineData("./a/")]
    [InlineData("./.")]
    [InlineData("...")]
    [InlineData(".x")]
    [InlineData("/etc/passwd")]
    [InlineData("x")]
    [InlineData("")]
    public void Path_that_leads_out_of_the_tree_ends_the_copy(string path) =>
        Assert.Contains("which is no place below the directory", Assert.Throws<QgaGuestException>(() => Parse($"f 644 0 0 1 {path}\0\0")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("f 644 0 0 1 ./a")]
    [InlineData("f 644 0 0 1 ./a\0")]
    [InlineData("f 644 0 0 1 ./a\0\0f")]
    [InlineData("f 644 0 0 -1 ./a\0\0")]
    [InlineData("f 644 0 1 ./a\0\0")]
    [InlineData("f 8 0 0 1 ./a\0\0")]
    [InlineData("f 1234567 0 0 1 ./a\0\0")]
    [InlineData("f 644 0 0 99999999999999999999 ./a\0\0")]
    [InlineData("f 644 4294967296 0 1 ./a\0\0")]
    [InlineData("\0\0")]
    public void List_that_is_none_is_refused(string list) => Assert.Throws<QgaGuestException>(() => Parse(list));

    [Fact]
    public void Name_that_is_no_text_is_told()
    {
        List<string> failures = [];
        byte[] list = [.. "f 644 0 0 1 ./a"u8, 0xFF, 0, 0, .. "f 644 0 0 1 ./b\0\0"u8];
        Assert.Equal(["b"], GuestTree.Parse(list, failures).Select(entry => entry.Path));
        Assert.Equal(["./a\uFFFD: the name is no UTF-8, and can't be asked for"], failures);
    }

    [Fact]
    public void No_list_has_an_entry_outside()
    {
        string[] pieces = ["..", ".", "/", "a", "\0", " ", "f 644 0 0 1 ", "./", "l", "\n", "..\0", "\0\0f 644 0 0 1 ./"];
        Gen.Int[0, pieces.Length - 1].Select(index => pieces[index]).Array[0, 12].Select(string.Concat).Sample(list =>
        {
            try
            {
                return Parse(list).TrueForAll(entry =>
                    entry.Path.Length == 0 || Path.GetFullPath(Path.Join("/a/target", entry.Path)).StartsWith("/a/target/", StringComparison.Ordinal));
            }
            catch (QgaGuestException)
            {
                return true;
            }
        });
    }

    private static List<TreeEntry> Parse(string list) => GuestTree.Parse(Encoding.UTF8.GetBytes(list), []);

    private static UnixFileMode Mode(string digits) => (UnixFileMode)Convert.ToInt32(digits, 8);
}
