using Newtonsoft.Json.Linq;
using Qga.Actors.Freeze;
using Qga.Platform.Freeze.Evidence;
using Qga.Platform.State;
using Qga.Transport.Protocol;

namespace Qga.Actors.Tests.Freeze;

/// <summary>Records that outlive their agent, in a file.</summary>
public sealed class FreezeLedgerTests : IDisposable
{
    private readonly string _memory = Directory.CreateDirectory($"/dev/shm/qga-test-{Guid.NewGuid():n}", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;

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
    public void Memory_is_bounded_but_for_the_last_record()
    {
        var (evidence, ledger) = Open();
        var large = Record("1") with { FileSystems = [.. Enumerable.Range(0, 10_000).Select(number => new FrozenFileSystem($"/mnt/{number}/{new string('x', 100)}"))] };
        evidence.Completed(large);
        evidence.Completed(large with { Id = "2" });
        Assert.Equal(["2"], IdsOf(ledger));
        foreach (var number in Enumerable.Range(3, 40))
            evidence.Completed(Record($"{number}"));

        Assert.Equal(FreezeLedger.Most, ledger.Records().Count);
        Assert.Equal("42", IdsOf(ledger)[^1]);
    }

    [Fact]
    public void Agent_without_a_file_keeps_its_own()
    {
        var evidence = new FreezeEvidence();
        var ledger = new FreezeLedger(evidence, file: null);
        ledger.Open(isFrozen: false);
        evidence.Completed(Record("1"));

        Assert.Equal(["1"], IdsOf(ledger));
        Assert.Equal(ledger.Records()[0], $"{QmpWriter.TextOf(ledger)[1..^1]}");
    }

    private static FreezeRecord Record(string id) => new() { Id = id, BootId = "boot", Began = new Moment(1, 1) };

    private static string IdOf(string record) => (string)JObject.Parse(record)["id"]!;

    private static List<string> IdsOf(FreezeLedger ledger) => [.. ledger.Records().Select(IdOf)];

    private (FreezeEvidence Evidence, FreezeLedger Ledger) Open()
    {
        var evidence = new FreezeEvidence();
        var ledger = new FreezeLedger(evidence, new LineFile(FilePath, FreezeLedger.Most));
        ledger.Open(isFrozen: false);
        return (evidence, ledger);
    }
}
