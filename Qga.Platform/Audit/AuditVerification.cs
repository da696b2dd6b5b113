using System.Globalization;

namespace Qga.Platform.Audit;

/// <summary>Something that a look at the chain has found.</summary>
/// <param name="Path">The file.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Text">What it is.</param>
/// <param name="IsBreak">Whether somebody has changed, removed or inserted something; else it is good to know.</param>
public sealed record AuditFinding(string Path, long Line, string Text, bool IsBreak);

/// <summary>
/// Looks at a chain of records through all its files: each must name the hash of the one before it, and be what its own says. It can't know what
/// was cut off at the end, unless it is told the head that an agent knows of.
/// </summary>
public sealed class AuditVerification
{
    /// <summary>By how much the clock may have been corrected before it is worth a word.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(2);

    private readonly List<AuditFinding> _findings = [];

    /// <summary>Where each record is, by its hash.</summary>
    private readonly Dictionary<string, (string Path, long Line)> _places = [];

    /// <summary>The last record of each agent.</summary>
    private readonly Dictionary<(string Boot, long Agent), AuditLink> _lastOfAgents = [];

    private AuditLink? _last;

    /// <summary>The agent that has begun last, and has not ended since.</summary>
    private long? _begun;

    /// <summary>What the next record may name: of one that was changed, its hash as it is and as it says.</summary>
    private string[] _expected = [];

    private (string Path, long Line) _lastPlace;
    private (string Path, long Line)? _broken;

    /// <summary>How many records there are.</summary>
    public long Records { get; private set; }

    /// <summary>In the order of the lines.</summary>
    public IReadOnlyList<AuditFinding> Findings => _findings;

    /// <summary>Whether nobody has changed, removed or inserted a record.</summary>
    public bool IsIntact => !_findings.Exists(finding => finding.IsBreak);

    /// <summary>Looks at files in the order in which they were written.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="head">What the agent has written last, asked before; null if none runs.</param>
    /// <exception cref="PlatformException">One can't be read.</exception>
    public static AuditVerification Of(IReadOnlyList<string> paths, AuditHead? head = null)
    {
        var verification = new AuditVerification();

        // Opened before any is read: logrotate may rename them.
        foreach (var (path, lines) in paths.Select(path => (path, AuditLines.Open(path))).ToList())
        {
            using var closed = lines;
            var number = 0L;
            while (lines.Next() is { } line)
                verification.Add((path, ++number), line);
            if (lines.Begun is { Length: > 0 })
                verification.Find((path, number + 1), "the last line has no end: it is being written, or whoever wrote it has ended", isBreak: false);
        }

        verification.End(head);
        return verification;
    }

    private void Add((string Path, long Line) place, byte[] line)
    {
        if (AuditChain.Parse(line) is not { } link)
        {
            Unfold(place, AuditChain.HashOf(line));
            return;
        }

        Records++;
        var isBehindOther = _broken is not null;
        if (_broken is { } broken)
        {
            // Whoever wrote it has found it torn, and gone on behind it.
            var isTorn = _expected.Contains(link.Previous);
            Find(
                broken,
                isTorn ? "the line is no whole record: the agent or the guest has ended while it was written" : "the line is no record of the audit",
                isBreak: !isTorn);
            _broken = null;
            _expected = [link.Previous];
        }

        if (!link.IsIntact)
            Find(place, "the record was changed: it is not what its hash is of", isBreak: true);
        if (_expected.Length == 0)
            TellBeginning(place, link);
        else if (!_expected.Contains(link.Previous))
            TellGap(place, link);
        else
            TellClock(place, link);
        TellTurn(place, link, isBehindOther);
        TellEnd(place, link);
        _places[link.Hash] = place;
        (_last, _lastPlace, _expected) = (link, place, [link.Hash, link.Claimed]);
    }

    private void Unfold((string Path, long Line) place, string hash)
    {
        if (_broken is { } broken)
            Find(broken, "the line is no record of the audit", isBreak: true);
        (_broken, _expected) = (place, [hash]);
    }

    private void TellBeginning((string Path, long Line) place, AuditLink link)
    {
        if (link.Previous != AuditChain.Origin)
            Find(place, "the chain does not begin here: what was before is in no file that is here", isBreak: false);
    }

    private void TellGap((string Path, long Line) place, AuditLink link)
    {
        if (link.Previous == AuditChain.Origin)
            Find(place, "a new chain begins: what is before is not connected with what follows", isBreak: true);
        else if (_places.TryGetValue(link.Previous, out var joint))
            Find(_lastPlace, $"records were inserted behind {At(joint)}, up to here", isBreak: true);
        else if (_last is { } last && link.IsOfSameAgentAs(last) && link.Sequence == last.Sequence + 1)
            Find(_lastPlace, "the record was changed, and its hash with it: the next one names another", isBreak: true);
        else if (_last is { } before && link.IsOfSameAgentAs(before) && link.Sequence > before.Sequence + 1)
            Find(place, $"records {before.Sequence + 1} to {link.Sequence - 1} of agent {link.Agent} were removed before this one", isBreak: true);
        else
            Find(place, $"records were removed between {At(_lastPlace)} and this one", isBreak: true);
    }

    /// <summary>Whether the records of an agent are all here, each once: the chain may have been made anew by whoever can.</summary>
    private void TellTurn((string Path, long Line) place, AuditLink link, bool isBehindOther)
    {
        var before = _lastOfAgents.GetValueOrDefault((link.Boot, link.Agent));
        _lastOfAgents[(link.Boot, link.Agent)] = link;

        // Another agent may have the same number after it; what goes elsewhere for a time says so.
        if (before is null || isBehindOther || link.Sequence == 1 || link.Sequence == before.Next || !_expected.Contains(link.Previous))
            return;
        if (link.Sequence < before.Next)
            Find(place, $"record {link.Sequence} of agent {link.Agent} is here twice, or out of its turn", isBreak: true);
        else if (before.Kind != AuditKind.Reload.Name)
            Find(
                place,
                $"records {before.Next} to {link.Sequence - 1} of agent {link.Agent} are not here, and none says that they were lost",
                isBreak: true);
    }

    private void TellEnd((string Path, long Line) place, AuditLink link)
    {
        if (link.Kind == AuditKind.Start.Name)
        {
            if (_begun is { } agent)
                Find(
                    place,
                    $"agent {agent}, before this one, has ended without a stop: it was killed, or what it recorded last is not here",
                    isBreak: false);
            _begun = link.Agent;
        }
        else if (link.Agent == _begun && (link.Kind == AuditKind.Stop.Name || link.Kind == AuditKind.Reload.Name))
        {
            _begun = null;
        }
    }

    private void TellClock((string Path, long Line) place, AuditLink link)
    {
        if (_last is not { } last || last.Boot != link.Boot)
            return;
        var change = link.Time - last.Time - (link.SinceBoot - last.SinceBoot);
        if (change < -ClockTolerance)
            Find(place, string.Create(CultureInfo.InvariantCulture, $"the clock was set back by {-change:c} before this record"), isBreak: false);
    }

    private void End(AuditHead? head)
    {
        if (_broken is { } broken)
            Find(broken, "the line is no record of the audit", isBreak: true);
        if (head is null || _places.ContainsKey(head.Hash))
            return;
        var missing = $"the agent that runs has written record {head.Sequence}, which is not here";
        Find(_lastPlace, $"the end is missing or was changed: {missing}", isBreak: true);
    }

    private void Find((string Path, long Line) place, string text, bool isBreak) =>
        _findings.Add(new AuditFinding(place.Path, place.Line, text, isBreak));

    private static string At((string Path, long Line) place) => $"{place.Path}:{place.Line}";
}
