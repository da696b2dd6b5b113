using Qga.Client;
using Qga.Ctl.Groups;
using Qga.Testing;

namespace Qga.Ctl.Tests.Groups;

public sealed class GroupMembersTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public GroupMembersTests()
    {
        _scratch.Write("socket", "");
        File.CreateSymbolicLink(_scratch.PathOf("link"), "socket");
        Directory.CreateSymbolicLink(_scratch.PathOf("folder"), ".");
        File.CreateSymbolicLink(_scratch.PathOf("circle"), "circle");
        ProcessRun.Of("ln", [_scratch.PathOf("socket"), _scratch.PathOf("hard")]);
    }

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("virsh:vm1", "virsh:vm1", true)]
    [InlineData("virsh:vm1", "virsh:vm2", false)]
    [InlineData("virsh:vm1", "virsh+qemu:///session:vm1", false)]
    [InlineData("qm:101", "qm:101", true)]
    [InlineData("vsock:3:1234", "vsock:03:1234", true)]
    [InlineData("unix:{}/socket", "unix:{}/socket", true)]
    [InlineData("unix:{}/socket", "unix:{}/./socket", true)]
    [InlineData("unix:{}/socket", "unix:{}/link", true)]
    [InlineData("unix:{}/link", "unix:{}/folder/socket", true)]
    [InlineData("unix:{}/folder/folder/link", "unix:{}/socket", true)]
    [InlineData("unix:{}/hard", "unix:{}/socket", true)]
    [InlineData("unix:{}/socket", "unix:/proc/self/root{}/socket", true)]
    [InlineData("unix:{}/socket", "unix:{}/other", false)]
    [InlineData("unix:{}/none/a", "unix:{}/none/a", true)]
    [InlineData("unix:{}/circle", "unix:{}/socket", false)]
    public void Guest_that_is_there_twice_is_found(string first, string second, bool areSame)
    {
        var members = new[] { ("first", Address(first)), ("between", GuestAddress.Parse("qm:999")), ("second", Address(second)) };
        Assert.Equal(areSame ? ("first", "second") : null, GroupMembers.TwiceIn(members));
    }

    [Theory]
    [InlineData("unix:/a virsh:vm1 qm:101", "unix:/a virsh:vm1 qm:101")]
    [InlineData("unix:/a/../b", "unix:/b")]
    [InlineData("unix:/a exec:./connect", null)]
    [InlineData("unix:/a unix:/{long}", null)]
    public void Addresses_are_those_of_any_directory(string addresses, string? absolute) => Assert.Equal(
        absolute?.Split(' '), GroupMembers.FromAnywhere(addresses.Replace("{long}", new string('x', 107), StringComparison.Ordinal).Split(' ')));

    private GuestAddress Address(string text) => GuestAddress.Parse(text.Replace("{}", _scratch.Root, StringComparison.Ordinal));
}
