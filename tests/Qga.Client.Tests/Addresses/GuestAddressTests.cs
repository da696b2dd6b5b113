namespace Qga.Client.Tests.Addresses;

public class GuestAddressTests
{
    [Theory]
    [InlineData("unix:/run/vm1.sock")]
    [InlineData("unix:relative:with:colons")]
    [InlineData("vsock:3:1234")]
    [InlineData("virsh:vm1")]
    [InlineData("virsh+qemu:///system:vm1")]
    [InlineData("virsh+qemu+ssh://root@host:22/system?keyfile=/root/key:vm1")]
    [InlineData("qm:101")]
    [InlineData("exec:ssh root@node 'socat - UNIX-CONNECT:/run/vm 1.sock'")]
    public void Address_is_told_as_it_was_given(string text)
    {
        var address = GuestAddress.Parse(text);
        Assert.Equal(text, address.ToString());
        Assert.Equal(address, GuestAddress.Parse(text));
    }

    [Fact]
    public void Parts_are_found()
    {
        Assert.Equal(("/run/vm1.sock"), Assert.IsType<GuestAddress.Unix>(GuestAddress.Parse("unix:/run/vm1.sock")).Path);
        Assert.Equal(new GuestAddress.Vsock(3, 1234), GuestAddress.Parse("vsock:3:1234"));
        Assert.Equal(new GuestAddress.Virsh(null, "vm1"), GuestAddress.Parse("virsh:vm1"));
        Assert.Equal(new GuestAddress.Virsh("qemu+ssh://host/system", "vm1"), GuestAddress.Parse("virsh+qemu+ssh://host/system:vm1"));
        Assert.Equal(new GuestAddress.Virsh("qemu+tcp://host:16509/system", "vm1"), GuestAddress.Parse("virsh+qemu+tcp://host:16509/system:vm1"));
        Assert.Equal(new GuestAddress.Qm("101"), GuestAddress.Parse("qm:101"));
        var exec = Assert.IsType<GuestAddress.Exec>(GuestAddress.Parse("""exec:ssh -p 22 "a \"b\" \n" 'c d' e\ f ''"""));
        Assert.Equal("ssh", exec.Program);
        Assert.Equal(["-p", "22", "a \"b\" \\n", "c d", "e f", ""], exec.Arguments);
    }

    [Fact]
    public void Address_of_its_parts_is_what_its_text_says()
    {
        Assert.Equal(GuestAddress.Parse("unix:/run/vm 1.sock"), GuestAddress.ForSocket("/run/vm 1.sock"));
        Assert.Equal(GuestAddress.Parse("vsock:3:1234"), GuestAddress.ForVsock(3, 1234));
        Assert.Equal(GuestAddress.Parse("virsh:a:b"), GuestAddress.ForDomain("a:b"));
        Assert.Equal(GuestAddress.Parse("virsh+qemu+tcp://h:16509/system:vm1"), GuestAddress.ForDomain("vm1", "qemu+tcp://h:16509/system"));
        Assert.Equal(GuestAddress.Parse("qm:101"), GuestAddress.ForMachine(101));
        string[] words = ["-p", "a \"b\" \\n", "it's", "", "ä", "$(id)", "*"];
        var program = GuestAddress.ForProgram("ssh", words);
        Assert.Equal(words, Assert.IsType<GuestAddress.Exec>(program).Arguments);
        Assert.Equal(words, Assert.IsType<GuestAddress.Exec>(GuestAddress.Parse(program.ToString())).Arguments);
    }

    [Fact]
    public void Parts_that_make_no_sense_are_refused()
    {
        Func<GuestAddress>[] bad =
        [
            () => GuestAddress.ForSocket(""), () => GuestAddress.ForSocket("a\0"), () => GuestAddress.ForDomain(""), () => GuestAddress.ForDomain("-x"),
            () => GuestAddress.ForDomain("a/b"), () => GuestAddress.ForDomain("a:b", "qemu:///system"), () => GuestAddress.ForDomain("vm1", ""),
            () => GuestAddress.ForDomain("vm1", "qemu\0"), () => GuestAddress.ForMachine(99), () => GuestAddress.ForMachine(-5), () => GuestAddress.ForProgram(""),
            () => GuestAddress.ForProgram("ssh", "a\0b"),
        ];
        Assert.All(bad, make => Assert.Throws<QgaAddressException>(make));
    }

    [Theory]
    [InlineData("", "it begins with none of unix:, vsock:, virsh:, virsh+URI:, qm: and exec:")]
    [InlineData("vm1", "it begins with none of unix:, vsock:, virsh:, virsh+URI:, qm: and exec:")]
    [InlineData("tcp:host:1", "'tcp' is none of unix, vsock, virsh, virsh+URI, qm and exec")]
    [InlineData("unix:", "there is no path after 'unix:'")]
    [InlineData("unix:/a\0b", "there is a NUL in the path")]
    [InlineData("vsock:3", "'3' is not CID:PORT")]
    [InlineData("vsock:3:4:5", "'3:4:5' is not CID:PORT")]
    [InlineData("vsock:x:4", "'x' is no CID (0 to 4294967295)")]
    [InlineData("vsock:3:-4", "'-4' is no port (0 to 4294967295)")]
    [InlineData("vsock:3:4294967296", "'4294967296' is no port (0 to 4294967295)")]
    [InlineData("virsh:", "there is no name of a domain")]
    [InlineData("virsh:--help", "virsh would take the domain '--help' for an option")]
    [InlineData("virsh+qemu+ssh://host/system", "there is no ':DOMAIN' after the URI 'qemu+ssh://host/system'")]
    [InlineData("virsh+qemu", "it begins with none of unix:, vsock:, virsh:, virsh+URI:, qm: and exec:")]
    [InlineData("virsh+qemu:///system:", "there is no name of a domain")]
    [InlineData("virsh+:vm1", "there is no URI after 'virsh+'")]
    [InlineData("qm:", "'' is no number of a machine (100 to 999999999)")]
    [InlineData("qm:99", "'99' is no number of a machine (100 to 999999999)")]
    [InlineData("qm:web", "'web' is no number of a machine (100 to 999999999)")]
    [InlineData("virsh:a/b", "'a/b' is no name of a domain: there is a slash in it")]
    [InlineData("virsh+qemu+tcp://h:16509/system", "'16509/system' is no name of a domain: there is a slash in it")]
    [InlineData("virsh+qemu:///sys\0tem:vm1", "there is a NUL in the URI")]
    [InlineData("exec:", "there is no program after 'exec:'")]
    [InlineData("exec:ssh 'host", "a quote (') is not closed")]
    [InlineData("exec:ssh \"host", "a quote (\") is not closed")]
    [InlineData("exec:ssh \\", "it ends with a backslash")]
    public async Task Address_that_makes_no_sense_is_refused_and_the_error_says_which_part(string text, string reason)
    {
        var failure = await Assert.ThrowsAsync<QgaAddressException>(() => GuestAgent.ConnectAsync(text));
        Assert.Equal($"'{text}' is no address of a guest: {reason}", failure.Message);
    }
}
