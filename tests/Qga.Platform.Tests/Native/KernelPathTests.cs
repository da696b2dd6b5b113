using System.Text;
using Qga.Platform.Native;
using Qga.Testing;

namespace Qga.Platform.Tests.Native;

public sealed class KernelPathTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    // Not a theory: its data would go through UTF-8 and lose what this is about.
    [Fact]
    public void Text_leads_back_to_the_path()
    {
        AssertBothWays([], "");
        AssertBothWays("/mnt/däta €😀"u8, "/mnt/däta €😀");
        AssertBothWays([0x2F, 0xE9], "/\uDCE9");
        AssertBothWays([0xC3, 0x2F, 0xC3, 0xA9, 0xFF], "\uDCC3/é\uDCFF");

        // Half of a pair is no UTF-8, so nothing else becomes the text of a byte.
        AssertBothWays([0xED, 0xB3, 0xA9], "\uDCED\uDCB3\uDCA9");

        static void AssertBothWays(ReadOnlySpan<byte> path, string text)
        {
            Assert.Equal(text, KernelPath.Decode(path));
            Assert.Equal([.. path, 0], KernelPath.Encode(text));
            Assert.Equal([.. path, 0], KernelPath.Encode(text, stackalloc byte[4]).ToArray());
            Span<byte> dirty = stackalloc byte[256];
            dirty.Fill(0xFF);
            Assert.Equal([.. path, 0], KernelPath.Encode(text, dirty).ToArray());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]   // more than the marshaller has on the stack
    public void Every_call_of_the_C_library_takes_each_byte_of_a_path(int depth)
    {
        var directories = Enumerable.Range(1, depth)
            .Select(count => _scratch.PathOf(string.Join('/', Enumerable.Repeat("caf\uDCE9", count)))).ToList();
        var directory = directories[^1];
        var (file, link) = ($"{directory}/\uDCFF", $"{directory}/\uDCFE");
        Assert.All(directories, path => Assert.Equal(Errno.Success, LibC.MakeDirectory(path, FileModes.OwnersDirectory)));

        Assert.Equal(Errno.Success, LibC.Open($"{file}~", LibC.O_WRONLY | LibC.O_CREAT, FileModes.OwnersFile, out var made));
        made.Dispose();
        Assert.Equal(Errno.Success, LibC.Rename($"{file}~", file));
        Assert.Equal(Errno.Success, LibC.IsWritable(file));
        Assert.Equal(Errno.Success, LibC.ChangeMode(file, FileModes.OwnersDirectory));
        Assert.Equal(Errno.Success, LibC.IsExecutable(file));
        Assert.Equal(Errno.Success, LibC.Status(file, out var status));
        Assert.True(status.IsRegularFile);
        Assert.Equal(LibC.IsInMemory(_scratch.Root), LibC.IsInMemory(file));

        var target = new string('x', 4094) + '\uDCFF';
        TestLibC.MakeLink(link, target);
        Assert.Equal(Errno.Success, LibC.LinkStatus(link, out status));
        Assert.True(status.IsSymbolicLink);
        Assert.Equal(Errno.Success, LibC.ReadLink(link, out var read));
        Assert.Equal(target, read);
        Assert.Equal(Errno.EINVAL, LibC.ReadLink(file, out _));

        Assert.Equal(Errno.Success, LibC.List(directory, out var names));
        Assert.Equal(["\uDCFE", "\uDCFF"], names.Order(StringComparer.Ordinal));
        Assert.Equal(Errno.Success, LibC.Open(directory, LibC.O_PATH, out var open));
        using (open)
        {
            Assert.Equal(Errno.Success, LibC.MakeDirectoryAt(open, "\uDCFA", FileModes.OwnersDirectory));
            Assert.Equal(Errno.Success, LibC.RenameAt(open, "\uDCFE", "\uDCFD"));
            Assert.Equal(Errno.Success, LibC.LinkStatusAt(open, "\uDCFD", out _));
            Assert.Equal(Errno.Success, LibC.OpenAt(open, "\uDCFF", LibC.O_RDONLY, UnixFileMode.None, out var named));
            named.Dispose();
            Assert.Equal(Errno.Success, LibC.UnlinkAt(open, "\uDCFD"));
        }

        Assert.Equal(Errno.Success, LibC.RemoveDirectory($"{directory}/\uDCFA"));
        Assert.Equal(Errno.Success, LibC.Unlink(file));
        Assert.All(directories.AsEnumerable().Reverse(), path => Assert.Equal(Errno.Success, LibC.RemoveDirectory(path)));
    }

    [Theory]
    [InlineData(@"/a\040b\134\011c\012", "/a b\\\tc\n")]
    [InlineData(@"\134040", @"\040")]
    [InlineData(@"\303\251", "é")]
    [InlineData(@"/a\9x\04\400y\", @"/a\9x\04\400y\")]
    [InlineData(@"\04", @"\04")]
    public void Octal_digits_behind_a_backslash_are_a_byte(string field, string path) =>
        Assert.Equal(path, KernelPath.Unescape(field));

    [Theory]
    [InlineData("/a")]
    [InlineData("/a\\b")]
    [InlineData("/caf\uDCE9")]
    [InlineData("/\uFFFD\\x41")]
    public void Escape_leads_back(string path) => Assert.Equal(path, KernelPath.FromEscape(KernelPath.Escape(path)));

    [Theory]
    [InlineData("/a\\b", "/a\\b")]
    [InlineData("/a\\x5", "/a\\x5")]
    [InlineData("/a\\xzz", "/a\\xzz")]
    [InlineData("/a\\x41", "/aA")]
    public void What_is_no_escape_stays(string text, string path) => Assert.Equal(path, KernelPath.FromEscape(text));

    [Fact]
    public void Field_is_bytes() =>
        Assert.Equal("/é", KernelPath.Unescape(Encoding.Latin1.GetString("/é"u8)));
}
