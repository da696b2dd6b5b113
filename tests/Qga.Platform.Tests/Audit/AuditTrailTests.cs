using Newtonsoft.Json.Linq;
using Qga.Platform.Audit;
using Qga.Testing;

namespace Qga.Platform.Tests.Audit;

/// <summary>What becomes of records while nothing may be written, and when there are too many.</summary>
public sealed class AuditTrailTests : IDisposable
{
    private readonly AuditLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Held_records_are_written_after_the_release_with_their_own_time()
    {
        using var trail = _lab.Open();
        trail.Record(AuditLab.Request("a"));
        _lab.AwaitRecords(1);
        trail.Hold();
        var before = DateTime.UtcNow;
        trail.Record(AuditLab.Request("b"));
        var after = DateTime.UtcNow;
        trail.Hold();
        Assert.Single(_lab.Lines);
        Assert.Equal(1, trail.Sinks[0].Waiting);

        Eventually.True(() => DateTime.UtcNow > after.AddMilliseconds(1));
        trail.Release();
        trail.Release();
        trail.Record(AuditLab.Request("c"));
        _lab.AwaitRecords(3);

        // The file cuts the time off after the microseconds.
        Assert.InRange((DateTime)JObject.Parse(_lab.Lines[1])["time"]!, before.AddMicroseconds(-1), after);
        Assert.Empty(_lab.Verify().Findings);
    }

    [Fact]
    public void Too_many_held_records_are_lost_and_a_record_in_their_place_says_how_many()
    {
        using var trail = _lab.Open();
        trail.Hold();
        for (var number = 0; number < 6000; number++)
            trail.Record(AuditLab.Request($"{number}"));
        var held = trail.Sinks[0].Waiting;
        var lost = trail.Sinks[0].Lost;
        Assert.Equal(6000, held + lost);
        Assert.InRange(lost, 1, 5999);
        trail.Release();
        _lab.AwaitRecords(held + 1);
        trail.Record(AuditLab.Request("later"));
        _lab.AwaitRecords(held + 2);

        var records = _lab.Lines.Select(JObject.Parse).ToList();
        Assert.Equal(Enumerable.Range(0, held).Select(number => $"{number}"), records.Take(held).Select(record => (string?)record["command"]));
        Assert.Equal(("lost", lost), ((string?)records[held]["kind"], (long)records[held]["lost"]!));
        Assert.Equal(Enumerable.Range(1, held + 1).Append(6001), records.Select(record => (int)record["seq"]!));
        Assert.Equal("later", (string?)records[held + 1]["command"]);
        Assert.Equal(lost, trail.Sinks[0].Lost);
        Assert.Contains($"audit: {lost} records for the file were lost: there was no room for them", _lab.Told);
        Assert.True(_lab.Verify().IsIntact);
    }

    [Fact]
    public void Gap_in_the_middle_is_told_where_it_is()
    {
        using var trail = _lab.Open();
        trail.Hold();
        for (var number = 0; trail.Sinks[0].Lost == 0; number++)
        {
            // 102 fit, and a small one.
            var large = AuditLab.Request($"{number}");
            for (var member = 0; member < 10; member++)
                large.Members.Add($"p{member}", new string('x', 1000));
            trail.Record(large);
        }

        trail.Record(AuditLab.Request("small"));
        var waiting = trail.Sinks[0].Waiting;
        Assert.Equal(1, trail.Sinks[0].Lost);
        trail.Release();
        _lab.AwaitRecords(waiting);

        var records = _lab.Lines.Select(JObject.Parse).ToList();
        Assert.All(records.SkipLast(2), record => Assert.Equal("request", (string?)record["kind"]));
        Assert.Equal(("lost", 1, "small"), ((string?)records[^2]["kind"], (int)records[^2]["lost"]!, (string?)records[^1]["command"]));
    }

    /// <remarks>As with a restart of the agent in the middle of a freeze.</remarks>
    [Fact]
    public void What_is_held_when_an_agent_ends_is_written_by_the_next()
    {
        using (var trail = _lab.Open())
        {
            trail.Record(AuditLab.Request("a"));
            _lab.AwaitRecords(1);
            trail.Hold();
            trail.Record(AuditLab.Request("b", "/x\n\"y\""));
            trail.Record(AuditLab.Request("c"));
        }

        Assert.Single(_lab.Lines);
        Assert.Empty(_lab.Told);
        using (var next = _lab.Open())
        {
            next.Hold();
            next.Record(AuditLab.Request("d"));
        }

        Assert.Single(_lab.Lines);
        _lab.Write("e");
        _lab.Write("f");

        var records = _lab.Lines.Select(JObject.Parse).ToList();
        Assert.Equal(["a", "b", "c", "d", "e", "f"], records.Select(record => (string?)record["command"]));
        Assert.Equal("/x\n\"y\"", (string?)records[1]["path"]);
        Assert.Empty(_lab.Verify().Findings);
    }

    /// <remarks>As if it was killed between the write and the note of it.</remarks>
    [Fact]
    public void What_an_agent_that_was_killed_had_written_is_not_written_again()
    {
        using (var trail = _lab.Open())
        {
            trail.Hold();
            trail.Record(AuditLab.Request("a"));
            trail.Record(AuditLab.Request("b"));
            trail.Record(AuditLab.Request("c"));
        }

        var spool = Assert.Single(Directory.GetFiles(_lab.Root, "audit-*"));
        var kept = File.ReadAllLines(spool);
        File.WriteAllLines(spool, kept[..2]);
        using (_lab.Open())
        {
            // Both are written.
        }

        _lab.Write("d");
        File.AppendAllText(_lab.Path, "{\"prev\":\"torn");
        File.WriteAllLines(spool, [.. kept, JObject.Parse(_lab.Lines[2]) is { } d ? BodyOf(_lab.Lines[2], d) : "", kept[2]]);
        _lab.Write("e");

        Assert.Equal(["a", "b", "d", "", "c", "e"], _lab.Lines.Select(line => line.EndsWith('}') ? (string?)JObject.Parse(line)["command"] : ""));
        Assert.Empty(File.ReadAllText(spool));

        static string BodyOf(string line, JObject record) => line[line.IndexOf("\"seq\"", StringComparison.Ordinal)..line.IndexOf($",\"hash\":\"{record["hash"]}", StringComparison.Ordinal)];
    }

    [Fact]
    public void What_waits_outlives_an_agent_that_is_killed()
    {
        using var trail = _lab.Open();
        trail.Record(AuditLab.Request("a"));
        _lab.AwaitRecords(1);
        trail.Hold();
        trail.Record(AuditLab.Request("b"));
        var spool = Assert.Single(Directory.GetFiles(_lab.Root, "audit-*"));
        Assert.Contains("\"command\":\"b\"", Assert.Single(File.ReadAllLines(spool)), StringComparison.Ordinal);

        trail.Release();
        Eventually.True(() => new FileInfo(spool).Length == 0);
        Assert.Equal(2, _lab.Lines.Length);
    }

    [Fact]
    public void Whoever_is_faster_than_the_file_waits_and_nothing_is_lost()
    {
        using var trail = _lab.Open();
        const int Count = 20_000;
        for (var number = 0; number < Count; number++)
        {
            SpinWait.SpinUntil(() => !trail.IsBehind);
            trail.Record(AuditLab.Request("guest-file-open", new string('\u00e9', 900)));
        }

        _lab.AwaitRecords(Count);
        Assert.Equal(0, trail.Sinks[0].Lost);
        Assert.Empty(_lab.Verify().Findings);
    }

    [Fact]
    public void Nobody_waits_for_what_is_held_or_fails()
    {
        Directory.CreateDirectory(_lab.Path);
        using var failing = _lab.Open();
        failing.Record(AuditLab.Request("a"));
        _lab.AwaitWord("records wait");
        for (var number = 0; number < 3000; number++)
            failing.Record(AuditLab.Request("b"));
        Assert.False(failing.IsBehind);
        failing.Dispose();
        Directory.Delete(_lab.Path);

        using var held = _lab.Open();
        held.Hold();
        for (var number = 0; number < 3000; number++)
            held.Record(AuditLab.Request("c"));
        Assert.False(held.IsBehind);
    }

    [Fact]
    public void Record_that_is_larger_than_all_room_is_taken_if_nothing_waits()
    {
        using var trail = _lab.Open();
        var record = AuditLab.Request("a");
        for (var number = 0; number < 1200; number++)
            record.Members.Add($"p{number}", new string('x', 1000));
        trail.Hold();
        trail.Record(record);
        trail.Record(AuditLab.Request("b"));
        Assert.Equal((1, 1), (trail.Sinks[0].Waiting, trail.Sinks[0].Lost));
        trail.Release();
        _lab.AwaitRecords(2);
    }

    [Fact]
    public void What_is_held_when_an_agent_ends_and_nobody_keeps_it_is_told()
    {
        _lab.HasSpool = false;
        using (var trail = _lab.Open())
        {
            trail.Hold();
            trail.Record(AuditLab.Request("a"));
        }

        Assert.Equal(["audit: 1 records for the file are lost: the agent ends, and they can't be written"], _lab.Told);
    }

    [Fact]
    public void Records_of_many_threads_are_in_the_order_of_their_numbers()
    {
        using (var trail = _lab.Open())
            Parallel.For(0, 500, number => trail.Record(AuditLab.Request($"{number}")));

        var records = _lab.Lines.Select(JObject.Parse).ToList();
        Assert.Equal(Enumerable.Range(1, 500), records.Select(record => (int)record["seq"]!));
        Assert.Empty(_lab.Verify().Findings);
    }

    [Fact]
    public void Place_that_is_left_and_taken_up_again_goes_on_with_its_chain()
    {
        using (var trail = _lab.Open())
        {
            var settings = trail.Settings;
            trail.Record(AuditLab.Request("a"));
            trail.Record(new AuditRecord(AuditKind.Reload, "elsewhere"));
            trail.MoveTo(settings with { File = null });
            Assert.Equal(2, _lab.Lines.Length);
            Assert.False(trail.TakesRecords);
            trail.Record(AuditLab.Request("b"));
            trail.MoveTo(settings);
            trail.MoveTo(settings);
            trail.Record(AuditLab.Request("c"));
        }

        Assert.Equal(["a", null, "c"], _lab.Lines.Select(line => (string?)JObject.Parse(line)["command"]));
        Assert.Empty(_lab.Verify().Findings);
    }

    [Fact]
    public void Place_that_is_left_in_a_freeze_loses_nothing_and_a_new_one_writes_nothing_before_the_thaw()
    {
        using var trail = _lab.Open();
        var settings = trail.Settings;
        trail.Record(AuditLab.Request("a"));
        _lab.AwaitRecords(1);
        trail.Hold();
        trail.Record(AuditLab.Request("b"));
        trail.MoveTo(settings with { File = null });
        trail.MoveTo(settings);
        trail.Record(AuditLab.Request("c"));
        Assert.Equal((1, 2), (_lab.Lines.Length, trail.Sinks[0].Waiting));
        trail.Release();
        _lab.AwaitRecords(3);

        Assert.Equal(["a", "b", "c"], _lab.Lines.Select(line => (string?)JObject.Parse(line)["command"]));
        Assert.Empty(_lab.Verify().Findings);
    }

    [Fact]
    public void Nobody_need_make_records_where_nothing_takes_them()
    {
        using var syslog = new AuditTrail(new AuditSettings(Syslog: false, Journal: false, File: null), "qga-test", _lab, TimeProvider.System);
        syslog.Record("guest-ping called");
        syslog.Record(AuditLab.Request("a"));

        Assert.False(syslog.TakesRecords);
        Assert.Empty(syslog.Sinks);
        Assert.False(Directory.Exists(_lab.Directory));
    }
}
