using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Qga.Host.Tests.Schema;
using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>What an agent says that a freeze was worth, held against what the lab itself has seen: which writes went through, and when.</summary>
public abstract class FreezeEvidenceTest : FreezeLabTest
{
    private FreezeLabWriter? _writer;

    protected FreezeEvidenceTest(FreezeLabFixture fixture)
        : base(fixture) => Lab.Run("rm -rf /run/qga");

    /// <summary>Writes from the first time on that it is asked for.</summary>
    protected FreezeLabWriter Writer => _writer ??= new FreezeLabWriter(Lab);

    public override void Dispose()
    {
        _writer?.Dispose();
        base.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Freezes everything.</summary>
    /// <param name="client">Who asks for it.</param>
    /// <param name="hasDeadline">Whether it is thawed soon; else it is waited for until all writes wait.</param>
    protected void Freeze(QmpClient client, bool hasDeadline = false)
    {
        var mountPoints = Writer.MountPoints;
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        if (!hasDeadline)
            Writer.AwaitHeldUp(mountPoints);
    }

    /// <summary>Freezes everything by an agent that is killed then.</summary>
    protected FreezeLabAgent FreezeAndDie(FreezeLabAgent agent, bool hasDeadline = false)
    {
        using (var client = agent.Connect())
            Freeze(client, hasDeadline);
        agent.Send(Signal.Kill);
        agent.WaitForExit();
        return agent;
    }

    /// <summary>All records, as <c>qga freezes</c> tells them.</summary>
    protected List<JObject> Records() =>
    [
        .. Lab.Run("/agent/qemu-ga freezes --json").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse),
    ];

    /// <summary>The only record, which is what the schema says and claims nothing that the lab has not seen.</summary>
    protected JObject Record()
    {
        var record = Assert.Single(Records());
        Conformance.AssertValid("qga-freezes", arguments: null, new JArray(record));
        Assert.Equal("over", (string?)record["state"]);
        foreach (var fileSystem in record["filesystems"]!.Where(each => each["frozen-at"] is not null && each["thawed-at"] is not null))
            AssertHeld(fileSystem, BootTime(fileSystem["frozen-at"]), BootTime(fileSystem["thawed-at"]));
        return record;
    }

    /// <summary>The only record, of a freeze that was one: in the interval every filesystem of the lab was frozen, and none took a write.</summary>
    /// <param name="by">Who has ended it.</param>
    /// <param name="thawer">Who has thawed it.</param>
    protected JObject AssertConsistent(string by, string thawer = "agent")
    {
        var record = Record();
        Assert.True((string?)record["verdict"] == "consistent", $"{record}");
        Assert.Equal(by, (string?)record["ended"]!["by"]);
        var (from, to) = (BootTime(record["interval"]!["since"]), BootTime(record["interval"]!["until"]));
        Assert.Equal(to - from, (long)record["interval"]!["nanoseconds"]!);
        var frozen = record["filesystems"]!.Where(each => each["frozen-at"] is not null).ToList();
        Assert.Equal(Freezable.Order(StringComparer.Ordinal), frozen.Select(each => $"{each["mountpoint"]}").Order(StringComparer.Ordinal));
        Assert.All(frozen, each => Assert.Equal(thawer, (string?)each["thawed-by"]));
        foreach (var mountPoint in Writer.MountPoints)
        {
            Assert.True(
                Writer.WritesTo(mountPoint).Any(write => write.Began < to && write.Ended >= to), $"no write to {mountPoint} waited for the end of {record}");
        }

        Assert.All(frozen, each => AssertHeld(each, from, to));
        return record;
    }

    /// <summary>The only record, of a freeze that was none.</summary>
    protected JObject AssertNotConsistent(string by, string reason)
    {
        var record = Record();
        Assert.Equal(("not consistent", by), ((string?)record["verdict"], (string?)record["ended"]!["by"]));
        Assert.Contains(reason, (string?)record["reason"], StringComparison.Ordinal);
        return record;
    }

    /// <summary>That a filesystem took writes again, which the writer knows.</summary>
    protected void AwaitWritten() => Writer.AwaitWritten(Writer.MountPoints);

    protected static JObject Parse(string line)
    {
        using var reader = new JsonTextReader(new StringReader(line)) { DateParseHandling = DateParseHandling.None };
        return JObject.Load(reader);
    }

    protected static long BootTime(JToken? moment) => (long)moment!["boottime-ns"]!;

    protected static JToken FileSystem(JObject record, string mountPoint) =>
        record["filesystems"]!.Single(each => (string?)each["mountpoint"] == mountPoint);

    protected static IEnumerable<(string?, string?, string?)> Hooks(JObject record) =>
        record["hooks"]!.Select(hook => ((string?)hook["action"], (string?)hook["reason"], (string?)hook["result"]));

    private void AssertHeld(JToken fileSystem, long from, long to)
    {
        var mountPoint = $"{fileSystem["mountpoint"]}";
        if (_writer?.MountPoints.Contains(mountPoint) == true)
            Assert.DoesNotContain(Writer.WritesTo(mountPoint), write => write.Began >= from && write.Ended <= to);
    }
}
