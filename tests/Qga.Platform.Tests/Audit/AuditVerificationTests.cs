using Newtonsoft.Json.Linq;
using Qga.Platform.Audit;

namespace Qga.Platform.Tests.Audit;

/// <summary>What a look at the chain finds, and where.</summary>
public sealed class AuditVerificationTests : IDisposable
{
    private const string Changed = "the record was changed: it is not what its hash is of";

    private readonly AuditLab _lab = new();

    public AuditVerificationTests() => _lab.Write("a", "b", "c", "d", "e");

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Nothing_is_found_in_what_nobody_has_touched()
    {
        Assert.Empty(_lab.Verify().Findings);
        Assert.Equal((5, true), ((int)_lab.Verify().Records, _lab.Verify().IsIntact));
    }

    /// <remarks>The last one too, which no other names.</remarks>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void Changed_record_is_found(int line)
    {
        Edit(lines => lines[line - 1] = lines[line - 1].Replace("\"request\"", "\"requesT\"", StringComparison.Ordinal));

        Assert.Equal([$"audit.jsonl:{line}: {Changed}"], _lab.Breaks());
    }

    [Fact]
    public void Every_byte_counts()
    {
        var whole = File.ReadAllBytes(_lab.Path);
        var second = _lab.Lines[0].Length + 1;
        for (var at = second; at < second + _lab.Lines[1].Length; at++)
        {
            var changed = (byte[])whole.Clone();
            changed[at] ^= 1;
            File.WriteAllBytes(_lab.Path, changed);
            Assert.False(_lab.Verify().IsIntact, $"byte {at - second} of the line");
        }
    }

    [Fact]
    public void Record_that_was_changed_with_its_hash_is_found_by_the_next()
    {
        Edit(lines => lines[2] = Forge(lines[2].Replace("\"command\":\"c\"", "\"command\":\"x\"", StringComparison.Ordinal)));

        Assert.Equal(["audit.jsonl:3: the record was changed, and its hash with it: the next one names another"], _lab.Breaks());
    }

    [Fact]
    public void Removed_records_are_found_with_their_numbers()
    {
        Edit(lines => lines.RemoveRange(1, 2));

        Assert.Equal([$"audit.jsonl:2: records 2 to 3 of agent {Environment.ProcessId} were removed before this one"], _lab.Breaks());
    }

    [Fact]
    public void Removed_file_is_found()
    {
        File.Move(_lab.Path, $"{_lab.Path}.2");
        _lab.Write("f");
        File.Move(_lab.Path, $"{_lab.Path}.1");
        _lab.Write("g");
        File.Delete($"{_lab.Path}.1");

        Assert.Equal([$"audit.jsonl:1: records were removed between {_lab.Path}.2:5 and this one"], _lab.Breaks());
    }

    [Fact]
    public void Oldest_file_that_logrotate_has_removed_is_a_note()
    {
        File.Delete(_lab.Path);
        _lab.Write("f");
        File.Move(_lab.Path, $"{_lab.Path}.1");
        _lab.Write("g");
        File.Delete($"{_lab.Path}.1");

        Assert.True(_lab.Verify().IsIntact);
        Assert.Equal(["audit.jsonl:1: the chain does not begin here: what was before is in no file that is here"], _lab.Notes());
    }

    [Fact]
    public void Inserted_record_is_found()
    {
        var forged = Forge(_lab.Lines[2].Replace("\"seq\":3", "\"seq\":4", StringComparison.Ordinal)
            .Replace($"\"prev\":\"{PreviousOf(_lab.Lines[2])}\"", $"\"prev\":\"{HashOf(_lab.Lines[2])}\"", StringComparison.Ordinal));
        Edit(lines => lines.Insert(3, forged));

        Assert.Equal([$"audit.jsonl:4: records were inserted behind {_lab.Path}:3, up to here"], _lab.Breaks());
    }

    [Fact]
    public void Copied_and_exchanged_records_are_found()
    {
        Edit(lines => lines.Insert(3, lines[2]));
        Assert.NotEmpty(_lab.Breaks());

        Edit(lines => lines.RemoveAt(3));
        Assert.Empty(_lab.Breaks());
        Edit(lines => lines.Reverse(1, 2));
        Assert.NotEmpty(_lab.Breaks());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(5)]
    public void Line_that_is_no_record_is_found(int at)
    {
        Edit(lines => lines.Insert(at, "what is this?"));

        Assert.Equal([$"audit.jsonl:{at + 1}: the line is no record of the audit"], _lab.Breaks());
    }

    [Fact]
    public void Record_in_place_of_which_is_something_else_is_found()
    {
        Edit(lines => lines[2] = "{}");

        Assert.Equal(["audit.jsonl:3: the line is no record of the audit"], _lab.Breaks());
    }

    [Fact]
    public void End_that_was_cut_off_is_found_by_what_the_agent_knows()
    {
        using var trail = _lab.Open();
        trail.Record(AuditLab.Request("f"));
        _lab.AwaitRecords(6);
        Qga.Testing.Eventually.True(() => trail.Sinks[0].Head is not null);
        var head = trail.Sinks[0].Head;
        Assert.Empty(_lab.Breaks(head));
        Edit(lines => lines.RemoveAt(5));

        Assert.Empty(_lab.Breaks());
        Assert.Equal(["audit.jsonl:5: the end is missing or was changed: the agent that runs has written record 1, which is not here"], _lab.Breaks(head));
    }

    /// <remarks>As whoever knows the chain can, or an agent that writes what it has written.</remarks>
    [Theory]
    [InlineData(2, "audit.jsonl:3: record 2 of agent PID is here twice, or out of its turn")]
    [InlineData(7, "audit.jsonl:3: records 3 to 6 of agent PID are not here, and none says that they were lost")]
    public void Numbers_that_do_not_follow_each_other_are_found_in_a_chain_that_is_whole(int number, string finding)
    {
        Edit(lines =>
        {
            var third = Forge(lines[2].Replace("\"seq\":3", $"\"seq\":{number}", StringComparison.Ordinal));
            lines.RemoveRange(2, 3);
            lines.Add(third);
        });

        Assert.Equal([finding.Replace("PID", $"{Environment.ProcessId}", StringComparison.Ordinal)], _lab.Breaks());
    }

    [Fact]
    public void Agent_that_was_killed_is_a_note()
    {
        for (var agent = 0; agent < 3; agent++)
        {
            using var trail = _lab.Open();
            trail.Record(new AuditRecord(AuditKind.Start, "begins"));
            if (agent == 0)
                trail.Record(new AuditRecord(AuditKind.Stop, "ends"));
        }

        Assert.Equal(
            [$"audit.jsonl:9: agent {Environment.ProcessId}, before this one, has ended without a stop: it was killed, or what it recorded last is not here"], _lab.Notes());
        Assert.Empty(_lab.Breaks());
    }

    [Fact]
    public void Clock_that_was_set_back_is_a_note()
    {
        using (var trail = _lab.Open())
        {
            trail.Record(AuditLab.Request("f"));
            _lab.Time.Off = TimeSpan.FromHours(-1);
            trail.Record(AuditLab.Request("g"));
        }

        Assert.Empty(_lab.Breaks());
        Assert.Matches(@"^audit\.jsonl:7: the clock was set back by (01:00:00|00:59:59)\S* before this record$", Assert.Single(_lab.Notes()));
    }

    [Fact]
    public void New_chain_in_the_middle_is_a_break()
    {
        var first = _lab.Lines;
        File.Delete(_lab.Path);
        _lab.Write("x");
        File.WriteAllLines(_lab.Path, [.. first, .. _lab.Lines]);

        Assert.Equal(["audit.jsonl:6: a new chain begins: what is before is not connected with what follows"], _lab.Breaks());
    }

    [Fact]
    public void Line_without_its_end_is_a_note()
    {
        File.AppendAllText(_lab.Path, "{\"prev\":\"");

        Assert.Equal(["audit.jsonl:6: the last line has no end: it is being written, or whoever wrote it has ended"], _lab.Notes());
        Assert.Empty(_lab.Breaks());
    }

    private void Edit(Action<List<string>> edit)
    {
        List<string> lines = [.. _lab.Lines];
        edit(lines);
        File.WriteAllText(_lab.Path, string.Concat(lines.Select(line => $"{line}\n")));
    }

    private static string HashOf(string line) => (string)JObject.Parse(line)["hash"]!;

    private static string PreviousOf(string line) => (string)JObject.Parse(line)["prev"]!;

    /// <summary>Gives a line the hash that it should have, as root can.</summary>
    private static string Forge(string line)
    {
        var body = line[..line.LastIndexOf(",\"hash\"", StringComparison.Ordinal)];
        return $"{body},\"hash\":\"{Sha256.HexOf(System.Text.Encoding.ASCII.GetBytes(body))}\"}}";
    }
}
