using Newtonsoft.Json.Linq;
using Qga.Actors.Freeze;
using Qga.Platform.Audit;
using Qga.Platform.Freeze.Evidence;
using Qga.Platform.State;
using Qga.Transport.Protocol;

namespace Qga.Actors.Tests.Freeze;

/// <summary>Records that outlive their agent, in a file.</summary>
public sealed class FreezeLedgerTests : IDisposable
{
    private readonly string _memory = Directory.CreateDirectory($"/dev/shm/qga-test-{Guid.NewGuid():n}", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;

    private readonly AgentFixture.AuditLines _audit = new() { TakesRecords = true };
    private readonly FreezeTally _tally = new();

    public void Dispose() => Directory.Delete(_memory, recursive: true);

    private string FilePath => $"{_memory}/freezes.jsonl";

    [Fact]
    public void Next_agent_tells_what_the_one_before_has_recorded()
    {
        var (first, ledger) = Open();
        first.Completed(Record("1"));
        first.Completed(Record("2"));
        Assert.Equal(["1", "2"], IdsOf(ledger));

        var (second, next) = Open();
        second.Completed(Record("3"));

        Assert.Equal(["1", "2", "3"], IdsOf(next));
        Assert.Equal(next.Records(), File.ReadAllLines(FilePath));
        Assert.Equal(["2"], next.Records("2").Select(IdOf));
    }

    [Fact]
    public void Whole_record_goes_to_the_audit_and_is_counted()
    {
        var (evidence, _) = Open();
        evidence.Completed(Record("1") with
        {
            Asker = new FreezeAsker("guest-fsfreeze-freeze-list", "virtio-serial", "virtio"),
            MountPoints = ["/", "/srv", "/proc"],
            Timeout = TimeSpan.FromSeconds(30),
            Keepers = [7, 8],
            Hooks = [new HookRun("freeze", "request", new Moment(2, 2), new Moment(3, 3), Failure: null)],
            FileSystems =
            [
                new FrozenFileSystem("/srv") { Device = "8:2", Type = "xfs", FrozenAt = new Moment(4, 4), ThawedAt = new Moment(2_000_000_006, 6), ThawedBy = Thawer.Guardian },
                new FrozenFileSystem("/proc") { LeftOut = "it is no mount point that can be frozen", IsMissed = true },
            ],
            IsComplete = true,
            End = new FreezeEnd(FreezeEnder.Deadline, new Moment(5, 5), Peer: null, Reason: null),
            IsOver = true,
        });

        const string Epoch = "1970-01-01T00:00:00.0000000Z";
        var record = Assert.Single(_audit.Records);
        Assert.Equal(AuditKind.Freeze, record.Kind);
        Assert.Equal("freeze 1: not consistent, 1 filesystems together for 2.000 s: /proc was not frozen: it is no mount point that can be frozen", record.Text);
        Assert.Equal(
            "freeze=1 channel=virtio-serial peer=virtio command=guest-fsfreeze-freeze-list what=mountpoints=/,/srv,/proc timeout=30 verdict=not consistent"
            + " reason=/proc was not frozen: it is no mount point that can be frozen"
            + $" began={Epoch} began-ns=1 since={Epoch} since-ns=4 until={Epoch} until-ns=2000000006 ended-by=deadline ended={Epoch} ended-ns=5 agents=7,8"
            + $" filesystems=mountpoint=/srv device=8:2 type=xfs frozen={Epoch} frozen-ns=4 thawed={Epoch} thawed-ns=2000000006 thawed-by=guardian;"
            + " mountpoint=/proc left-out=it is no mount point that can be frozen missed=True"
            + $" hooks=action=freeze reason=request began={Epoch} began-ns=2 ended={Epoch} ended-ns=3 result=ok",
            record.Members.ToString());
        Assert.Equal((1, 0), (_tally.Of(FreezeEnder.Deadline, isConsistent: false), _tally.Of(FreezeEnder.Deadline, isConsistent: true)));
    }

    [Fact]
    public void Record_that_is_told_again_is_told_once()
    {
        var (evidence, ledger) = Open();
        evidence.Completed(Record("1"));
        evidence.Completed(Record("2"));
        evidence.Completed(Record("1") with { IsOver = true });

        Assert.Equal(["2", "1"], IdsOf(ledger));
        Assert.Equal(2, File.ReadAllLines(FilePath).Length);
        Assert.Contains("\"state\": \"over\"", ledger.Records("1")[0], StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_record_breaks_no_answer()
    {
        File.WriteAllText(FilePath, "{\"id\": \"1\"}\nnonsense\n{\"id\": 2}\n[]\n{\"id\": \"3\"} }\n{\"id\": \"\u00e9\"}\n\n{\"id\": \"4\"}\n");

        Assert.Equal(["1", "4"], IdsOf(Open().Ledger));
    }

    [Fact]
    public void Record_of_many_filesystems_is_cut_and_pushes_out_no_other()
    {
        var (evidence, ledger) = Open();
        var large = Record("1") with { FileSystems = [.. Enumerable.Range(0, 10_000).Select(number => new FrozenFileSystem($"/mnt/{number}/{new string('x', 100)}") { FrozenAt = new Moment(1, 1) })] };
        evidence.Completed(large);
        evidence.Completed(large with { Id = "2" });
        Assert.Equal(["1", "2"], IdsOf(ledger));
        Assert.All(ledger.Records(), record =>
        {
            Assert.InRange(record.Length, 1000, LineFile.MostBytes / FreezeLedger.Most);
            Assert.Equal((128, 9872), (JObject.Parse(record)["filesystems"]!.Count(), (int)JObject.Parse(record)["filesystems-cut"]!));
        });
        foreach (var number in Enumerable.Range(3, 40))
            evidence.Completed(Record($"{number}"));

        Assert.Equal(FreezeLedger.Most, ledger.Records().Count);
        Assert.Equal("42", IdsOf(ledger)[^1]);
    }

    [Fact]
    public void Agent_without_a_file_keeps_its_own()
    {
        var evidence = new FreezeEvidence();
        var ledger = new FreezeLedger(evidence, file: null, _audit, _tally);
        ledger.Open(isFrozen: false);
        evidence.Completed(Record("1"));

        Assert.Equal(["1"], IdsOf(ledger));
        Assert.Equal(ledger.Records()[0], $"{QmpWriter.TextOf(ledger)[1..^1]}");
    }

    private static FreezeRecord Record(string id) => new() { Id = id, BootId = "boot", Began = new Moment(1, 1), FileSystems = [new("/") { FrozenAt = new Moment(1, 1) }] };

    private static string IdOf(string record) => (string)JObject.Parse(record)["id"]!;

    private static List<string> IdsOf(FreezeLedger ledger) => [.. ledger.Records().Select(IdOf)];

    private (FreezeEvidence Evidence, FreezeLedger Ledger) Open()
    {
        var evidence = new FreezeEvidence();
        var ledger = new FreezeLedger(evidence, FreezeLedger.FileAt(FilePath), _audit, _tally);
        ledger.Open(isFrozen: false);
        return (evidence, ledger);
    }
}
