using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Qga.Testing;

/// <summary>The system log of a <see cref="FreezeLab"/>: what programs in it send to /dev/log, see syslog(3).</summary>
public sealed partial class FreezeLabSyslog : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly BlockingCollection<string> _records = [];
    private readonly string _path;
    private readonly Thread _reader;

    public FreezeLabSyslog(FreezeLab lab)
    {
        _path = lab.PathOf("/dev/log");
        _socket.Bind(new UnixDomainSocketEndPoint(_path));
        _reader = new Thread(ReadAll);
        _reader.Start();
    }

    /// <summary>The next record, with its priority, and without its time.</summary>
    public string Read() => _records.TryTake(out var record, Eventually.Patience) ? record : throw new TimeoutException("the system log is silent");

    public void Dispose()
    {
        // A record that is empty ends the reader.
        using (var last = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified))
            last.SendTo([], new UnixDomainSocketEndPoint(_path));
        _reader.Join();
        _socket.Dispose();
        _records.Dispose();
        File.Delete(_path);
    }

    private void ReadAll()
    {
        var record = new byte[8192];
        for (int length; (length = _socket.Receive(record)) > 0;)
            _records.Add(Stamp().Replace(Encoding.UTF8.GetString(record, 0, length), ""));
    }

    [GeneratedRegex(@"(?<=^<\d+>)\w+ +\d+ \d\d:\d\d:\d\d ", RegexOptions.None, 1000)]
    private static partial Regex Stamp();
}
