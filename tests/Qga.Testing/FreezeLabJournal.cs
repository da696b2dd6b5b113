using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;

namespace Qga.Testing;

/// <summary>A journal in a <see cref="FreezeLab"/>: what programs in it send to journald's own socket, see sd_journal_send(3).</summary>
public sealed class FreezeLabJournal : IDisposable
{
    private const string Path = "/run/systemd/journal/socket";

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly BlockingCollection<string> _records = [];
    private readonly string _path;
    private Thread? _reader;

    /// <param name="lab">The lab.</param>
    /// <param name="reads">Whether it reads what it is sent; else <see cref="Read"/> begins to.</param>
    public FreezeLabJournal(FreezeLab lab, bool reads = true)
    {
        lab.Run("mkdir -p /run/systemd/journal");
        _path = lab.PathOf(Path);
        _socket.Bind(new UnixDomainSocketEndPoint(_path));
        if (reads)
            Begin();
    }

    /// <summary>The next record: its fields, a line each.</summary>
    public string Read()
    {
        Begin();
        return _records.TryTake(out var record, Eventually.Patience) ? record : throw new TimeoutException("the journal is silent");
    }

    public void Dispose()
    {
        // A record that is empty ends the reader.
        Begin();
        using (var last = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified))
            last.SendTo([], new UnixDomainSocketEndPoint(_path));
        _reader!.Join();
        _socket.Dispose();
        _records.Dispose();
        File.Delete(_path);
    }

    private void Begin()
    {
        if (_reader is not null)
            return;
        _reader = new Thread(ReadAll);
        _reader.Start();
    }

    private void ReadAll()
    {
        var record = new byte[512 * 1024];
        for (int length; (length = _socket.Receive(record)) > 0;)
            _records.Add(Encoding.UTF8.GetString(record, 0, length));
    }
}
