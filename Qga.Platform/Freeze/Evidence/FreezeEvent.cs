using System.Buffers;
using System.Globalization;
using System.Text;
using Qga.Platform.Native;

namespace Qga.Platform.Freeze.Evidence;

/// <summary>What can happen to a freeze. A journal has the names: those of a version before are read by the next, so they stay.</summary>
internal enum FreezeEventKind
{
    /// <summary>It is asked for: id, boot id, command, channel, peer, timeout in seconds, then "all", or "list" and the mount points.</summary>
    Asked,

    /// <summary>A freeze was found of which nobody knows how it began: id, boot id.</summary>
    Found,

    /// <summary>The process of this number keeps the record from here on.</summary>
    KeptBy,

    /// <summary>The hook is called: action, reason.</summary>
    HookBegan,

    /// <summary>The hook has ended: nothing if it has succeeded, else how it has failed.</summary>
    HookEnded,

    /// <summary>A filesystem, or what a request has named, is left out: mount point, type, device, reason, "missed" if it was asked for.</summary>
    LeftOut,

    /// <summary>A filesystem is to be frozen: device, mount point, type.</summary>
    Opened,

    /// <summary>The marker of this freeze: its identity.</summary>
    Marked,

    /// <summary>A filesystem was frozen just before: device.</summary>
    Froze,

    /// <summary>A filesystem that was to be frozen is not: device, reason, "missed" if it was asked for.</summary>
    NotFrozen,

    /// <summary>All that could be frozen is.</summary>
    Complete,

    /// <summary>The thaw begins: who ends the freeze, who has asked for that, why, and by which channel.</summary>
    Ending,

    /// <summary>A filesystem that was frozen is thawed just after: device, by whom, mount point, type.</summary>
    Thawed,

    /// <summary>A filesystem was to be thawed, and was not frozen any more: device.</summary>
    FoundThawed,

    /// <summary>A filesystem does not answer the thaw: device, reason.</summary>
    Unanswered,

    /// <summary>Nothing more happens.</summary>
    Ended,
}

/// <summary>One thing that has happened to a freeze. A record of the freeze is what its events make of it, whoever has noted them.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="At">When.</param>
/// <param name="Values">What <see cref="FreezeEventKind"/> says.</param>
internal sealed record FreezeEvent(FreezeEventKind Kind, Moment At, params string[] Values)
{
    internal const string Missed = "missed";

    private const char Separator = '\t';

    private static readonly SearchValues<char> Special = SearchValues.Create("\\\t\n");

    /// <summary>Null for what is no event that this version knows.</summary>
    internal static FreezeEvent? Parse(ReadOnlySpan<byte> line) =>
        KernelPath.Decode(line).Split(Separator) is [var kind, var boot, var wall, .. var values]
        && Enum.TryParse<FreezeEventKind>(kind, out var known)
        && long.TryParse(boot, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var bootTime)
        && long.TryParse(wall, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var wallTime)
            ? new FreezeEvent(known, new Moment(bootTime, wallTime), [.. values.Select(Unescape)])
            : null;

    /// <summary>A line of a journal, its line feed included.</summary>
    internal ReadOnlySpan<byte> ToLine() => KernelPath.Bytes(
        string.Create(CultureInfo.InvariantCulture, $"{Kind}{Separator}{At.Boot}{Separator}{At.Wall}")
        + string.Concat(Values.Select(value => $"{Separator}{Escape(value)}")) + "\n");

    /// <summary>On one line: a host may name a mount point as it likes, and what stands for a byte must not become a line feed.</summary>
    private static string Escape(string value)
    {
        if (!value.AsSpan().ContainsAny(Special) && !value.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
            return value;
        var text = new StringBuilder(value.Length);
        for (var rest = value.AsSpan(); !rest.IsEmpty;)
        {
            var isRune = Rune.DecodeFromUtf16(rest, out _, out var length) == OperationStatus.Done;
            _ = (rest[0], isRune) switch
            {
                ('\\', _) => text.Append(@"\\"),
                ('\t', _) => text.Append(@"\t"),
                ('\n', _) => text.Append(@"\n"),
                (_, true) or ( >= '\uDC80' and <= '\uDCFF', _) => text.Append(rest[..length]),
                _ => text.Append('\uFFFD'),
            };
            rest = rest[length..];
        }

        return text.ToString();
    }

    private static string Unescape(string value)
    {
        if (!value.Contains('\\', StringComparison.Ordinal))
            return value;
        var text = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] != '\\' || i + 1 == value.Length)
                text.Append(value[i]);
            else
                text.Append(value[++i] switch { 't' => '\t', 'n' => '\n', var other => other });
        }

        return text.ToString();
    }
}
