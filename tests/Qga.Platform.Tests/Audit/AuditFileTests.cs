using Newtonsoft.Json.Linq;
using Qga.Platform.Audit;
using Qga.Platform.Native;
using Qga.Testing;

namespace Qga.Platform.Tests.Audit;

/// <summary>What becomes of the audit file, whatever lies in its place.</summary>
public sealed class AuditFileTests : IDisposable
{
    private readonly AuditLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Directory_and_file_are_made_for_their_owner_alone()
    {
        _lab.Write("guest-exec");

        Assert.Equal(FileModes.OwnersDirectory, File.GetUnixFileMode(_lab.Directory));
        Assert.Equal(FileModes.OwnersFile, File.GetUnixFileMode(_lab.Path));
    }

    [Fact]
    public void Record_has_the_members_that_all_have_and_its_own()
    {
        _lab.Write("guest-exec");

        var record = JObject.Parse(_lab.Lines[0]);
        string[] members = ["prev", "seq", "time", "boot-id", "boot-us", "agent-pid", "kind", "command", "hash"];
        Assert.Equal(members, record.Properties().Select(member => member.Name));
        Assert.Equal(new string('0', 64), (string?)record["prev"]);
        Assert.Equal((1, "request", "guest-exec"), ((int)record["seq"]!, (string?)record["kind"], (string?)record["command"]));
        Assert.Equal(Environment.ProcessId, (int)record["agent-pid"]!);
        Assert.Equal(File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(), (string?)record["boot-id"]);
        Assert.Matches("\"time\":\"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z\"", _lab.Lines[0]);
    }

    [Fact]
    public void Each_record_names_the_hash_of_the_one_before_it_over_restarts_and_rotation()
    {
        _lab.Write("a", "b");
        _lab.Write("c");
        using (var trail = _lab.Open())
        {
            trail.Record(AuditLab.Request("d"));
            _lab.AwaitRecords(4);
            File.Move(_lab.Path, $"{_lab.Path}.1");
            trail.Record(AuditLab.Request("e"));
            _lab.AwaitRecords(5, $"{_lab.Path}.1");
            trail.Reopen();
            trail.Record(AuditLab.Request("f"));
        }

        // Renamed while no agent runs, and once more.
        File.Move($"{_lab.Path}.1", $"{_lab.Path}.2");
        File.Move(_lab.Path, $"{_lab.Path}.1");
        _lab.Write("g");

        Assert.Equal(["audit.jsonl.2", "audit.jsonl.1", "audit.jsonl"], AuditFiles.All(_lab.Path).Select(Path.GetFileName));
        var records = AuditFiles.All(_lab.Path).SelectMany(File.ReadAllLines).Select(JObject.Parse).ToList();
        Assert.Equal(["a", "b", "c", "d", "e", "f", "g"], records.Select(record => (string?)record["command"]));
        Assert.Equal(records.Select(record => (string?)record["hash"]).SkipLast(1), records.Select(record => (string?)record["prev"]).Skip(1));
        Assert.Equal((7, true), ((int)_lab.Verify().Records, _lab.Verify().IsIntact));
        Assert.Empty(_lab.Verify().Findings);
    }

    [Fact]
    public void Files_are_in_the_order_of_their_dates_or_numbers_and_others_are_none_of_them()
    {
        Directory.CreateDirectory(_lab.Directory);
        string[] names = ["audit.jsonl", "audit.jsonl.10", "audit.jsonl.9", "audit.jsonl-20261101", "audit.jsonl-20261026"];
        string[] others = ["audit.jsonl.3.gz", "audit.jsonl.swp", "audit.jsonl.1~", "audit.jsonl.2.bak", "audit.jsonl~", "audit.jsonlx", "other.jsonl.1"];
        foreach (var name in names.Concat(others))
            File.WriteAllText(Path.Combine(_lab.Directory, name), "");

        Assert.Equal(
            ["audit.jsonl-20261026", "audit.jsonl-20261101", "audit.jsonl.10", "audit.jsonl.9", "audit.jsonl"], AuditFiles.All(_lab.Path).Select(Path.GetFileName));
        Assert.Equal(["audit.jsonl.3.gz"], AuditFiles.Compressed(_lab.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void File_that_was_removed_is_made_anew_and_the_chain_goes_on()
    {
        using var trail = _lab.Open();
        trail.Record(AuditLab.Request("a"));
        _lab.AwaitRecords(1);
        var first = (string)JObject.Parse(_lab.Lines[0])["hash"]!;
        File.Delete(_lab.Path);
        trail.Record(AuditLab.Request("b"));
        _lab.AwaitRecords(1);

        Assert.Equal(first, (string?)JObject.Parse(_lab.Lines[0])["prev"]);
        Assert.Equal(["audit.jsonl:1: the chain does not begin here: what was before is in no file that is here"], _lab.Notes());
    }

    [Theory]
    [InlineData("link", "is a symbolic link")]
    [InlineData("dangling", "is a symbolic link")]
    [InlineData("fifo", "is no regular file")]
    [InlineData("directory", "Is a directory")]
    [InlineData("open", "is writable by group or others (mode 0666)")]
    [InlineData("two names", "has 2 names")]
    [InlineData("open directory", "is writable by group or others (mode 0777)")]
    [InlineData("missing way", "No such file or directory")]
    public void What_somebody_else_could_have_put_there_is_not_written_to(string kind, string word)
    {
        _lab.HasSpool = false;
        if (kind != "missing way")
            Directory.CreateDirectory(_lab.Directory);
        else
            TestLibC.MakeLink(_lab.Directory, "/no/such/place");
        var target = Path.Combine(_lab.Root, "target");
        File.WriteAllText(target, "");
        switch (kind)
        {
            case "link": TestLibC.MakeLink(_lab.Path, target); break;
            case "dangling": TestLibC.MakeLink(_lab.Path, Path.Combine(_lab.Root, "nowhere")); break;
            case "fifo": TestLibC.MakeFifo(_lab.Path); break;
            case "directory": Directory.CreateDirectory(_lab.Path); break;
            case "two names": TestLibC.Link(target, _lab.Path); break;
            case "open":
                File.WriteAllText(_lab.Path, "");
                File.SetUnixFileMode(_lab.Path, TestLibC.Mode("666"));
                break;
            case "missing way": break;
            default: File.SetUnixFileMode(_lab.Directory, TestLibC.Mode("777")); break;
        }

        using (var trail = _lab.Open())
        {
            trail.Record(AuditLab.Request("a"));
            _lab.AwaitWord(word);
            Assert.Equal((0, 1, 0), StateOf(trail));
            Assert.Contains(word, trail.Sinks[0].Failure, StringComparison.Ordinal);
        }

        Assert.Equal("", File.ReadAllText(target));
        Assert.False(File.Exists(Path.Combine(_lab.Root, "nowhere")));
        Assert.Equal("audit: 1 records for the file are lost: the agent ends, and they can't be written", _lab.Told.Last());
    }

    [Fact]
    public void What_waited_is_written_once_the_file_is_put_right()
    {
        Directory.CreateDirectory(_lab.Directory);
        TestLibC.MakeLink(_lab.Path, "/dev/null");
        using var trail = _lab.Open();
        trail.Record(AuditLab.Request("a"));
        trail.Record(AuditLab.Request("b"));
        _lab.AwaitWord("is a symbolic link");
        File.Delete(_lab.Path);
        trail.Reopen();
        _lab.AwaitRecords(2);

        Eventually.True(() => StateOf(trail) == (2, 0, 0));
        Assert.Empty(_lab.Breaks());
        Assert.Contains("audit: the file can be written again", _lab.Told);
    }

    [Fact]
    public void Two_agents_do_not_write_to_one_file()
    {
        using var first = _lab.Open();
        first.Record(AuditLab.Request("a"));
        _lab.AwaitRecords(1);
        using var second = _lab.Open();
        second.Record(AuditLab.Request("b"));
        _lab.AwaitWord("another agent writes to");
        first.Dispose();
        second.Reopen();
        _lab.AwaitRecords(2);

        Assert.Empty(_lab.Breaks());
    }

    [Fact]
    public void Line_that_was_being_written_when_the_agent_was_killed_is_ended_and_the_chain_goes_on()
    {
        _lab.Write("a", "b");
        var whole = File.ReadAllBytes(_lab.Path);
        File.WriteAllBytes(_lab.Path, whole[..^30]);
        _lab.Write("c");

        Assert.Equal(3, _lab.Lines.Length);
        Assert.Empty(_lab.Breaks());
        Assert.Equal(["audit.jsonl:2: the line is no whole record: the agent or the guest has ended while it was written"], _lab.Notes());
    }

    [Fact]
    public void Way_that_a_group_may_write_to_is_no_matter_but_links_there_are()
    {
        // As /var/log is on Ubuntu.
        File.SetUnixFileMode(_lab.Root, TestLibC.Mode("775"));
        _lab.Write("a");
        Assert.Single(_lab.Lines);
        Assert.Null(AuditFiles.FaultOf(_lab.Path));

        var real = Path.Combine(_lab.Root, "real");
        Directory.Move(_lab.Directory, real);
        TestLibC.MakeLink(_lab.Directory, real);
        using (var trail = _lab.Open())
        {
            trail.Record(AuditLab.Request("b"));
            _lab.AwaitWord("is a symbolic link, and");
        }

        Assert.Contains("is writable by group or others (mode 0775)", AuditFiles.FaultOf(_lab.Path), StringComparison.Ordinal);
        File.SetUnixFileMode(_lab.Root, TestLibC.Mode("755"));
        _lab.Write("c");
        Assert.Equal(3, _lab.Lines.Length);
    }

    [ToolFact("mount", NeedsRoot = true)]
    public void File_of_another_user_is_not_written_to()
    {
        Directory.CreateDirectory(_lab.Directory);
        File.WriteAllText(_lab.Path, "");
        TestLibC.Give(_lab.Path, 1000);
        using var trail = _lab.Open();
        trail.Record(AuditLab.Request("a"));

        _lab.AwaitWord("belongs to user 1000");
        Assert.Equal("", File.ReadAllText(_lab.Path));
    }

    [ToolFact("mount", NeedsRoot = true)]
    public void Full_disk_keeps_no_half_record_and_what_waited_is_written_when_there_is_room()
    {
        Directory.CreateDirectory(_lab.Directory);
        Assert.Equal(0, ProcessRun.Of("mount", ["-t", "tmpfs", "-o", "size=8k,mode=700", "qga-test", _lab.Directory]).ExitCode);
        try
        {
            var fill = Path.Combine(_lab.Directory, "fill");
            File.WriteAllText(fill, "x");
            using var trail = _lab.Open();
            for (var number = 0; number < 40; number++)
                trail.Record(AuditLab.Request($"guest-{number}", new string('y', 200)));
            _lab.AwaitWord("No space left on device; records wait");
            var written = trail.Sinks[0].Written;
            Assert.InRange(written, 1, 39);
            Assert.Equal(written, _lab.Lines.Length);
            Assert.Equal((byte)'\n', File.ReadAllBytes(_lab.Path)[^1]);

            Assert.Equal(0, ProcessRun.Of("mount", ["-o", "remount,size=1m", _lab.Directory]).ExitCode);
            trail.Reopen();
            _lab.AwaitRecords(40);
            Assert.Empty(_lab.Verify().Findings);
        }
        finally
        {
            ProcessRun.Of("umount", ["--lazy", _lab.Directory]);
        }
    }

    private static (long Written, int Waiting, long Lost) StateOf(AuditTrail trail) => (trail.Sinks[0].Written, trail.Sinks[0].Waiting, trail.Sinks[0].Lost);
}
