using Qga.Ctl.CommandLine;
using Qga.Ctl.Copying;

namespace Qga.Ctl.Tests.Copying;

public class CopyEndTests
{
    [Theory]
    [InlineData("vm1:/etc/hosts", "vm1", "/etc/hosts")]
    [InlineData("vm1:/a:/b", "vm1", "/a:/b")]
    [InlineData("101:/", "101", "/")]
    [InlineData("unix:/run/a.sock:/etc/hosts", "unix:/run/a.sock", "/etc/hosts")]
    [InlineData("unix:a.sock:/x:/y", "unix:a.sock", "/x:/y")]
    [InlineData("vsock:3:1234:/x", "vsock:3:1234", "/x")]
    [InlineData("virsh:vm1:/x", "virsh:vm1", "/x")]
    [InlineData("virsh+qemu:///system:vm1:/x", "virsh+qemu:///system:vm1", "/x")]
    [InlineData("virsh+qemu+ssh://root@node:2222/system:vm1:/x:/y", "virsh+qemu+ssh://root@node:2222/system:vm1", "/x:/y")]
    [InlineData("qm:101:/x", "qm:101", "/x")]
    [InlineData("exec:ssh node socat - UNIX-CONNECT:/run/a.sock:/x", "exec:ssh node socat - UNIX-CONNECT:/run/a.sock", "/x")]
    [InlineData("file", null, "file")]
    [InlineData("-", null, "-")]
    [InlineData("dir/a:b", null, "dir/a:b")]
    [InlineData("/a:/b", null, "/a:/b")]
    [InlineData("./a:/b", null, "./a:/b")]
    [InlineData(":/b", null, ":/b")]
    public void Guest_and_path_are_told_apart(string word, string? guest, string path) => Assert.Equal(new CopyEnd(guest, path), CopyEnd.Parse(word));

    [Theory]
    [InlineData("vm1:")]
    [InlineData("vm1:etc")]
    [InlineData("unix:/run/a.sock")]
    [InlineData("vsock:3:1234")]
    [InlineData("virsh+qemu:///system:vm1")]
    [InlineData("virsh+qemu:///system")]
    [InlineData("exec:true")]
    public void Guest_without_a_path_is_refused(string word) =>
        Assert.StartsWith($"'{word}' lacks a path of the guest", Assert.Throws<UsageException>(() => CopyEnd.Parse(word)).Message, StringComparison.Ordinal);
}
