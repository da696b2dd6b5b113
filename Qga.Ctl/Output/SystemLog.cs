using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Qga.Ctl.Output;

/// <summary>The log of this host, by the socket that syslog(3) writes to.</summary>
internal static class SystemLog
{
    private const string Usual = "/dev/log";

    /// <summary><c>LOG_DAEMON | LOG_WARNING</c>.</summary>
    private const int Priority = 3 << 3 | 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Writes a line, where there is a log.</summary>
    internal static void Write(string line, string path = Usual)
    {
        var now = DateTime.Now;
        var text = string.Create(
            CultureInfo.InvariantCulture, $"<{Priority}>{now:MMM} {now.Day,2} {now:HH:mm:ss} qgactl[{Environment.ProcessId}]: {line}");
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTimeout = (int)Patience.TotalMilliseconds;
            socket.Connect(new UnixDomainSocketEndPoint(path));
            socket.Send(Encoding.UTF8.GetBytes(text));
        }
        catch (SocketException)
        {
            // A container has none as a rule.
        }
    }
}
