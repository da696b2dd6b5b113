using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Logging;
using Qga.Platform.Native;

namespace Qga.Platform.Audit;

/// <summary>
/// The journal, by its own socket and with fields of its own, as sd_journal_send(3) has them. Whoever has a record sends it, if the journal takes
/// it at once.
/// </summary>
/// <param name="identity">The name of the program there.</param>
/// <param name="log">The agent's own log.</param>
/// <param name="path">The socket.</param>
internal sealed class JournalSink(string identity, IEventLog log, string path = JournalSink.Socket) : AuditSink<AuditEntry>(Name, log), IRecordSink
{
    internal const string Name = "journal";

    internal const string Socket = "/run/systemd/journal/socket";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly byte[] _address = LibC.UnixAddress(path);
    private SafeFileHandle? _connection;

    public void Record(AuditRecord record) => Add(new AuditEntry(record.Stamp, Encode(record)));

    protected override bool TryWriteNow(AuditEntry record, out string? failure)
    {
        failure = null;
        return Send(record.Bytes) == Errno.Success;
    }

    protected override string? Write(IReadOnlyList<AuditEntry> records, out int settled)
    {
        var datagram = records[0].Bytes;
        var errno = Send(datagram);
        if (errno == Errno.EAGAIN)
        {
            Span<LibC.PollDescriptor> ready = [new() { Descriptor = (int)_connection!.DangerousGetHandle(), Events = LibC.POLLOUT }];
            _ = LibC.Poll(ready, Patience);
            errno = Send(datagram);
        }

        settled = errno == Errno.Success ? 1 : 0;
        return errno switch
        {
            Errno.Success => null,
            Errno.EAGAIN => "the journal does not read what it is sent",
            _ => $"the journal can't be reached at {path}: {LibC.TextOf(errno)}",
        };
    }

    protected override int SizeOf(AuditEntry record) => record.Bytes.Length;

    protected override AuditEntry Lost(AuditEntry first, long count) => new(first.Stamp, Encode(AuditTrail.Lost(first.Stamp, count)));

    protected override void Close() => Disconnect();

    /// <summary>The fields of a record, each with its name; a value with a line feed with its size in place of the sign.</summary>
    private byte[] Encode(AuditRecord record)
    {
        using var datagram = new MemoryStream();
        Append("MESSAGE", Encoding.UTF8.GetBytes(LogText.Of(record.Text)));
        Append("MESSAGE_ID", Encoding.ASCII.GetBytes(record.Kind.MessageId));
        Append("PRIORITY", Encoding.ASCII.GetBytes(Number(LibC.LOG_INFO)));
        Append("SYSLOG_FACILITY", Encoding.ASCII.GetBytes(Number(LibC.LOG_USER >> 3)));
        Append("SYSLOG_IDENTIFIER", Encoding.UTF8.GetBytes(identity));
        Append("QGA_KIND", Encoding.ASCII.GetBytes(record.Kind.Name));
        Append("QGA_SEQ", Encoding.ASCII.GetBytes(Number(record.Sequence)));
        Append("QGA_TIME", Encoding.ASCII.GetBytes(record.Stamp!.Time));
        foreach (var (name, value) in record.Members.Fields())
            Append(name, value);
        return datagram.ToArray();

        void Append(string name, byte[] value)
        {
            datagram.Write(Encoding.ASCII.GetBytes(name));
            if (value.Contains((byte)'\n'))
            {
                Span<byte> size = stackalloc byte[sizeof(ulong)];
                BinaryPrimitives.WriteUInt64LittleEndian(size, (ulong)value.Length);
                datagram.WriteByte((byte)'\n');
                datagram.Write(size);
            }
            else
            {
                datagram.WriteByte((byte)'=');
            }

            datagram.Write(value);
            datagram.WriteByte((byte)'\n');
        }
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private Errno Send(byte[] datagram)
    {
        var errno = SendOnce(datagram);

        // There is no connection yet, or the journal was started anew since.
        if (errno is not (Errno.ENOTCONN or Errno.ECONNREFUSED or Errno.ECONNRESET))
            return errno;
        Disconnect();
        errno = LibC.OpenConnection(_address, out var connection, LibC.SOCK_DGRAM);
        if (errno != Errno.Success)
        {
            connection.Dispose();
            return errno;
        }

        _connection = connection;
        return SendOnce(datagram);
    }

    private Errno SendOnce(byte[] datagram)
    {
        if (_connection is null)
            return Errno.ENOTCONN;
        var errno = LibC.Write(_connection, datagram, out _);

        // What a datagram does not take is a file in memory that nobody can change any more.
        return errno is Errno.EMSGSIZE or Errno.ENOBUFS ? LibC.SendSealed(_connection, datagram) : errno;
    }

    private void Disconnect()
    {
        _connection?.Dispose();
        _connection = null;
    }
}
