using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.Logging;

/// <summary>
/// The system's log, reached as syslog(3) reaches it but without ever waiting: most records can be handed over by whoever has them, and
/// no other thread need be woken. For one user at a time.
/// </summary>
internal sealed class SyslogSocket(string identity) : IDisposable
{
    internal const string Path = "/dev/log";

    private static readonly byte[] Address = LibC.UnixAddress(Path);

    private SafeFileHandle? _connection;
    private long _second = -1;
    private string _stamp = "";

    /// <summary>Sends a record, in the form that syslog(3) gives it.</summary>
    /// <returns>ENOENT and ECONNREFUSED: nobody listens, and it is lost. Others: it would have to wait, or takes more than a datagram: syslog(3) has
    /// to do it.</returns>
    internal Errno TrySend(string text)
    {
        // One call, where a socket for nothing takes three.
        if (_connection is null && LibC.Status(Path, out _) == Errno.ENOENT)
            return Errno.ENOENT;
        var record = Encoding.UTF8.GetBytes($"<{LibC.LOG_USER | LibC.LOG_INFO}>{Stamp()} {identity}: {text}");
        var errno = Send(record);

        // There is no connection yet, or the daemon was started anew since.
        if (errno is Errno.ENOTCONN or Errno.ECONNREFUSED or Errno.ECONNRESET)
        {
            Dispose();
            errno = Connect();
            if (errno == Errno.Success)
                errno = Send(record);
        }

        return errno;
    }

    public void Dispose()
    {
        _connection?.Dispose();
        _connection = null;
    }

    private Errno Send(byte[] record) => _connection is null ? Errno.ENOTCONN : LibC.Write(_connection, record, out _);

    private Errno Connect()
    {
        var errno = LibC.OpenConnection(Address, out var connection, LibC.SOCK_DGRAM);
        if (errno == Errno.Success)
            _connection = connection;
        else
            connection.Dispose();
        return errno;
    }

    /// <summary>The time in the guest's own zone, as RFC 3164 has it (4.1.2).</summary>
    private string Stamp()
    {
        var now = LibC.RealTime().Seconds;
        if (now != _second)
        {
            LibC.LocalTime(now, out var time);
            var month = CultureInfo.InvariantCulture.DateTimeFormat.AbbreviatedMonthNames[time.Month];
            _stamp = string.Create(CultureInfo.InvariantCulture, $"{month} {time.Day,2} {time.Hour:00}:{time.Minute:00}:{time.Second:00}");
            _second = now;
        }

        return _stamp;
    }
}
