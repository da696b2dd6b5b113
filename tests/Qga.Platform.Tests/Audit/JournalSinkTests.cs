using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Audit;
using Qga.Platform.Native;
using Qga.Testing;

namespace Qga.Platform.Tests.Audit;

/// <summary>What the journal gets, by a socket in its place.</summary>
public sealed class JournalSinkTests : IDisposable
{
    private readonly AuditLab _lab = new();
    private SafeFileHandle? _journal;

    public void Dispose()
    {
        _journal?.Dispose();
        _lab.Dispose();
    }

    [Fact]
    public void Journal_gets_fields()
    {
        Listen();
        using var trail = _lab.OpenJournal();
        trail.Record(AuditLab.Request("guest-exec", "/bin/true"));

        var fields = Read();
        Assert.Equal("guest-exec: ok", fields["MESSAGE"]);
        Assert.Equal(AuditKind.Request.MessageId, fields["MESSAGE_ID"]);
        Assert.Equal(("6", "1", "qga-test"), (fields["PRIORITY"], fields["SYSLOG_FACILITY"], fields["SYSLOG_IDENTIFIER"]));
        Assert.Equal(("request", "1", "guest-exec", "/bin/true"), (fields["QGA_KIND"], fields["QGA_SEQ"], fields["QGA_COMMAND"], fields["QGA_PATH"]));
        Assert.Equal((1, 0, 0), (trail.Sinks[0].Written, trail.Sinks[0].Waiting, trail.Sinks[0].Lost));
    }

    [Fact]
    public void Value_with_a_line_feed_makes_no_field_of_its_own()
    {
        Listen();
        using var trail = _lab.OpenJournal();
        trail.Record(AuditLab.Request("guest-exec", "/a\nQGA_COMMAND=guest-ping\n"));

        var fields = Read();
        Assert.Equal(("guest-exec", "/a\nQGA_COMMAND=guest-ping\n"), (fields["QGA_COMMAND"], fields["QGA_PATH"]));
    }

    [Fact]
    public void Record_that_is_larger_than_a_datagram_comes_as_a_sealed_file()
    {
        Listen();
        using var trail = _lab.OpenJournal();
        var record = AuditLab.Request("guest-exec");
        for (var number = 0; number < 300; number++)
            record.Members.Add("args", new string('x', 1000));
        trail.Record(record);

        var (datagram, file) = TestLibC.Receive(_journal!);
        using (file)
        {
            Assert.Empty(datagram);
            Assert.NotNull(file);
            Assert.Equal(15, TestLibC.Seals(file));
            Assert.Equal(Errno.Success, LibC.Seek(file, 0, LibC.SEEK_SET, out _));
            Assert.Equal(Errno.Success, LibC.ReadToEnd(file, out var content));
            Assert.Equal(300, Encoding.ASCII.GetString(content).Split("QGA_ARGS=").Length - 1);
        }
    }

    [Fact]
    public void Journal_that_does_not_read_holds_up_nobody_and_gets_all_when_it_does()
    {
        Listen();
        using var trail = _lab.OpenJournal();
        var sent = 0;
        for (; trail.Sinks[0].Waiting < 100; sent++)
            trail.Record(AuditLab.Request($"{sent}", new string('x', 4000)));
        _lab.AwaitWord("the journal does not read what it is sent; records wait");
        List<string> commands = [];
        while (commands.Count < sent)
        {
            commands.Add(Read()["QGA_COMMAND"]);
            trail.Reopen();
        }

        Assert.Equal(Enumerable.Range(0, sent).Select(number => $"{number}"), commands);
        Eventually.True(() => trail.Sinks[0] is { Waiting: 0, Lost: 0, Failure: null });
    }

    [Fact]
    public void Records_wait_for_a_journal_that_is_not_there_yet_and_for_one_that_is_started_anew()
    {
        using var trail = _lab.OpenJournal();
        trail.Record(AuditLab.Request("a"));
        _lab.AwaitWord($"the journal can't be reached at {_lab.Journal}: No such file or directory");
        Listen();
        trail.Reopen();
        Assert.Equal("a", Read()["QGA_COMMAND"]);
        Eventually.True(() => trail.Sinks[0].Waiting == 0);

        _journal!.Dispose();
        File.Delete(_lab.Journal);
        Listen();
        trail.Record(AuditLab.Request("b"));
        Assert.Equal("b", Read()["QGA_COMMAND"]);
    }

    [Fact]
    public void Held_records_come_after_the_release()
    {
        Listen();
        using var trail = _lab.OpenJournal();
        trail.Hold();
        trail.Record(AuditLab.Request("a"));
        trail.Record(AuditLab.Request("b"));
        Assert.Equal(2, trail.Sinks[0].Waiting);
        trail.Release();

        Assert.Equal("a", Read()["QGA_COMMAND"]);
        Assert.Equal("b", Read()["QGA_COMMAND"]);
    }

    [Fact]
    public void Held_records_come_when_the_agent_ends()
    {
        Listen();
        using (var trail = _lab.OpenJournal())
        {
            trail.Hold();
            trail.Record(AuditLab.Request("a"));
        }

        Assert.Equal("a", Read()["QGA_COMMAND"]);
        Assert.Empty(_lab.Told);
    }

    private void Listen()
    {
        Assert.Equal(Errno.Success, LibC.OpenSocket(LibC.AF_UNIX, out var socket, LibC.SOCK_DGRAM));
        Assert.Equal(Errno.Success, LibC.Bind(socket, LibC.UnixAddress(_lab.Journal)));
        _journal = socket;
    }

    /// <summary>The fields of the next record, as the journal reads them.</summary>
    private Dictionary<string, string> Read()
    {
        byte[] datagram = [];
        Eventually.True(() => (datagram = TestLibC.Receive(_journal!).Datagram).Length > 0);
        Dictionary<string, string> fields = [];
        for (var rest = datagram.AsSpan(); !rest.IsEmpty;)
        {
            var end = rest.IndexOfAny((byte)'=', (byte)'\n');
            var name = Encoding.ASCII.GetString(rest[..end]);
            var size = rest[end] == '=' ? rest[(end + 1)..].IndexOf((byte)'\n') : (int)BinaryPrimitives.ReadUInt64LittleEndian(rest[(end + 1)..]);
            var start = rest[end] == '=' ? end + 1 : end + 1 + sizeof(ulong);
            Assert.Equal((byte)'\n', rest[start + size]);
            fields[name] = Encoding.UTF8.GetString(rest.Slice(start, size));
            rest = rest[(start + size + 1)..];
        }

        return fields;
    }
}
