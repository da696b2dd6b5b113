using System.Globalization;
using System.Runtime.InteropServices;
using Qga.Platform.Logging;
using Qga.Platform.Native;

namespace Qga.Platform.Audit;

/// <summary>Syslog, with a line for each command as qemu-ga has it. Whoever has a record sends it, if syslog takes it at once.</summary>
/// <param name="identity">The name of the program there.</param>
/// <param name="log">The agent's own log.</param>
internal sealed class SyslogSink(string identity, IEventLog log) : AuditSink<string>(Name, log)
{
    internal const string Name = "syslog";

    private readonly SyslogSocket _socket = new(identity);
    private bool _isOpen;

    /// <remarks>Nobody waits for a syslog that is not there: a guest may have none.</remarks>
    protected override bool GivesUp => true;

    protected override bool TryWriteNow(string record, out string? failure)
    {
        var errno = _socket.TrySend(Format(record));
        failure = errno is Errno.ENOENT or Errno.ECONNREFUSED ? $"nobody listens at {SyslogSocket.Path}" : null;
        return errno == Errno.Success || failure is not null;
    }

    /// <remarks>syslog(3) waits for a daemon that is slow, and takes what is larger than a datagram.</remarks>
    protected override string? Write(IReadOnlyList<string> records, out int settled)
    {
        settled = 1;
        if (TryWriteNow(records[0], out var failure))
        {
            settled = failure is null ? 1 : 0;
            return failure;
        }

        if (!_isOpen)
            LibC.OpenSyslog(Marshal.StringToCoTaskMemUTF8(identity));
        _isOpen = true;
        LibC.Syslog(Format(records[0]));
        return null;
    }

    protected override int SizeOf(string record) => record.Length * sizeof(char);

    protected override string Lost(string first, long count) => $"{count} records were lost: syslog was held up";

    /// <summary>Syslog would tell the time of the release instead of the record's own.</summary>
    protected override string Held(string record) =>
        string.Create(CultureInfo.InvariantCulture, $"{record} (at {DateTime.UtcNow:yyyy-MM-dd'T'HH:mm:ss.fff'Z'})");

    protected override void Close() => _socket.Dispose();

    private static string Format(string record) => $"info: {record}";
}
