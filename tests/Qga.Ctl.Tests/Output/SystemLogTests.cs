using System.Net.Sockets;
using System.Text;
using Qga.Ctl.Output;
using Qga.Testing;

namespace Qga.Ctl.Tests.Output;

public class SystemLogTests
{
    [Fact]
    public void Line_is_as_syslog_takes_it()
    {
        using var scratch = new ScratchDirectory();
        using var log = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        log.Bind(new UnixDomainSocketEndPoint(scratch.PathOf("log")));
        SystemLog.Write("vm1 was left frozen", scratch.PathOf("log"));
        var bytes = new byte[1024];
        var text = Encoding.UTF8.GetString(bytes, 0, log.Receive(bytes));
        Assert.Matches(@$"^<28>[A-Z][a-z]{{2}} [ 123][0-9] \d\d:\d\d:\d\d qgactl\[{Environment.ProcessId}\]: vm1 was left frozen$", text);
    }

    [Fact]
    public void Log_that_is_not_there_is_no_failure() => SystemLog.Write("nobody hears", "/none/such");
}
