using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Qga.Platform.Audit;
using Qga.Platform.Freeze.Evidence;
using Qga.Platform.State;
using Qga.Transport.Protocol;

namespace Qga.Actors.Freeze;

/// <summary>
/// The records of the last freezes: in memory, and in a file for those who come after us. Each is kept as the line of JSON that it is told as, goes
/// to the audit, and is counted.
/// </summary>
/// <param name="evidence">Gives the records.</param>
/// <param name="file">Where they are kept beside memory; null for nowhere.</param>
/// <param name="audit">Gets each.</param>
/// <param name="tally">Counts them.</param>
public sealed class FreezeLedger(FreezeEvidence evidence, LineFile? file, IAuditLog audit, FreezeTally tally) : IQmpValue
{
    /// <summary>How many records are kept.</summary>
    public const int Most = 32;

    private readonly Lock _gate = new();
    private readonly List<Entry> _entries = [];

    /// <summary>The file of records that all agents of the guest share.</summary>
    public static LineFile SharedFile { get; } = FileAt($"{RuntimeDirectory.Path}/freezes.jsonl");

    /// <summary>A file of records: of freezes in which nothing was frozen it has only a few, as a host can make any number of them.</summary>
    public static LineFile FileAt(string path) => new(path, Most, static line => !line.Contains("\"frozen-at\"", StringComparison.Ordinal));

    /// <summary>Reads what is there, and makes records of what an agent before us has left. Before anything is frozen.</summary>
    /// <param name="isFrozen">Whether the guest is frozen: then what is left is no leftover.</param>
    public void Open(bool isFrozen)
    {
        evidence.Completed += Add;
        _entries.AddRange(EntriesOf(file?.Read() ?? []));
        if (!isFrozen)
            evidence.CompleteLeftover();
    }

    /// <summary>The last records, the oldest first, that of a freeze that is going on included.</summary>
    /// <param name="id">Which; null for all.</param>
    public IReadOnlyList<string> Records(string? id = null)
    {
        lock (_gate)
        {
            var current = evidence.Current is { } record ? Entry.Of(record) : null;
            var all = _entries.Where(entry => entry.Id != current?.Id).Concat(current is null ? [] : [current]);
            return [.. all.Where(entry => id is null || entry.Id == id).TakeLast(Most).Select(entry => entry.Text)];
        }
    }

    /// <summary>What can be told without an agent: the file, and what agents have left that are no more.</summary>
    public static IReadOnlyList<string> RecordsOfOthers(LineFile file)
    {
        var left = FreezeEvidence.Leftovers().Select(Entry.Of).ToList();
        return
        [
            .. EntriesOf(file.Read()).Where(entry => left.TrueForAll(other => other.Id != entry.Id))
                .Concat(left).Select(entry => entry.Text),
        ];
    }

    public void WriteTo(QmpWriter json) => new FreezeReport(Records()).WriteTo(json);

    private void Add(FreezeRecord record)
    {
        var entry = Entry.Of(record);
        lock (_gate)
        {
            _entries.RemoveAll(other => other.Id == entry.Id);
            _entries.Add(entry);
            List<string> kept = [.. _entries.Select(other => other.Text)];
            SharedFile.Shorten(kept);
            _entries.RemoveAll(other => !kept.Contains(other.Text));
        }

        file?.Replace(entry.Text, Entry.HeadOf(entry.Id));
        tally.Count(record);
        if (audit.TakesRecords)
            audit.Record(FreezeAudit.RecordOf(record));
    }

    /// <summary>Whoever is root may have written to the file: what is no record is passed over, so that no answer breaks.</summary>
    private static IEnumerable<Entry> EntriesOf(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            if (Entry.TryParse(line) is { } entry)
                yield return entry;
        }
    }

    private sealed record Entry(string Id, string Text)
    {
        internal static Entry Of(FreezeRecord record) => new(record.Id, QmpWriter.TextOf(new FreezeRecordText(record)));

        /// <summary>How the line of a record begins.</summary>
        internal static string HeadOf(string id) => $"{{\"id\": \"{id}\"";

        internal static Entry? TryParse(string line)
        {
            try
            {
                return line.All(char.IsAscii) && JObject.Parse(line)["id"] is JValue { Value: string id } ? new Entry(id, line) : null;
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }
}

/// <summary>Records as a list.</summary>
/// <param name="records">Each as JSON.</param>
public sealed class FreezeReport(IEnumerable<string> records) : IQmpValue
{
    public void WriteTo(QmpWriter json)
    {
        json.WriteStartArray();
        foreach (var record in records)
            json.WriteRawValue(record);
        json.WriteEndArray();
    }
}
