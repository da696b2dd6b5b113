using System.Text;
using Qga.Platform.Native;
using Qga.Platform.Network;

namespace Qga.Platform.Tests.Network;

public class NetlinkDumpTests
{
    private readonly List<string> _bodies = [];
    private readonly NetlinkDump _dump;

    public NetlinkDumpTests() => _dump = new NetlinkDump(LibC.RTM_NEWLINK, body => _bodies.Add(Encoding.ASCII.GetString(body)));

    [Fact]
    public void Messages_are_read_up_to_the_end_of_the_dump()
    {
        Assert.Equal(Errno.Success, _dump.Read([.. Link("one"), .. Link("four")]));
        Assert.False(_dump.IsDone);
        Assert.Equal(Errno.Success, _dump.Read([.. Link("five5"), .. NetlinkMessage.End(LibC.NLMSG_DONE), .. Link("more")]));

        Assert.True(_dump.IsDone);
        Assert.False(_dump.WasInterrupted);
        Assert.Equal(["one", "four", "five5"], _bodies);
    }

    [Fact]
    public void Other_messages_are_passed_over()
    {
        _dump.Read([.. NetlinkMessage.Of(LibC.RTM_NEWADDR, "no"u8.ToArray()), .. Link("yes")]);

        Assert.Equal(["yes"], _bodies);
    }

    [Theory]
    [InlineData(LibC.NLMSG_ERROR)]
    [InlineData(LibC.NLMSG_DONE)]
    public void Error_of_the_kernel_ends_the_dump(ushort type)
    {
        Assert.Equal(Errno.EPERM, _dump.Read([.. Link("one"), .. NetlinkMessage.End(type, Errno.EPERM)]));

        Assert.True(_dump.IsDone);
    }

    [Fact]
    public void End_without_a_result_is_a_success()
    {
        Assert.Equal(Errno.Success, _dump.Read(NetlinkMessage.Of(LibC.NLMSG_DONE, [])));

        Assert.True(_dump.IsDone);
    }

    [Fact]
    public void Change_of_the_table_under_the_dump_is_told()
    {
        _dump.Read(NetlinkMessage.Of(LibC.RTM_NEWLINK, "one"u8.ToArray(), LibC.NLM_F_DUMP_INTR));
        _dump.Read(NetlinkMessage.End(LibC.NLMSG_DONE));

        Assert.True(_dump.WasInterrupted);
    }

    [Fact]
    public void Datagram_that_is_cut_off_anywhere_gives_what_is_whole()
    {
        byte[] datagram = [.. Link("one1"), .. Link("two2")];
        for (var size = 0; size <= datagram.Length; size++)
        {
            _bodies.Clear();
            Assert.Equal(Errno.Success, _dump.Read(datagram.AsSpan(0, size)));
            Assert.Equal(size / Link("one1").Length, _bodies.Count);
        }
    }

    [Fact]
    public void Message_with_an_impossible_length_ends_its_datagram()
    {
        Assert.Equal(Errno.Success, _dump.Read(new byte[64]));

        Assert.Empty(_bodies);
    }

    private static byte[] Link(string body) => NetlinkMessage.Of(LibC.RTM_NEWLINK, Encoding.ASCII.GetBytes(body));
}
