using Spectre.Console;
using Spectre.Console.Rendering;

namespace Qga.Ctl.Output;

/// <summary>How much a cell of a table is looked at.</summary>
internal enum CellTone
{
    Plain,
    Good,
    Odd,
    Bad,
    Faint,
}

/// <summary>A cell of a table. What is in it need not be printable.</summary>
internal readonly record struct Cell(string? Text, CellTone Tone = CellTone.Plain)
{
    public static implicit operator Cell(string? text) => new(text);

    /// <summary>The text, on one line; a dash for nothing.</summary>
    internal string Shown => string.IsNullOrEmpty(Text) ? "-" : Printable.Of(Text);
}

/// <summary>Rows of cells below heads: in a terminal no wider than that, elsewhere as wide as it takes, without colours.</summary>
internal sealed class TextTable(params string[] heads)
{
    private const int Gap = 2;

    /// <summary>What the first column has, and the last, however narrow a terminal is.</summary>
    private const int LeastFirst = 8, LeastLast = 10;

    private readonly List<Cell[]> _rows = [];

    internal void Add(params Cell[] cells) => _rows.Add(cells);

    internal void WriteTo(ToolStreams streams)
    {
        if (streams.IsTerminal)
        {
            Screen.OfOutput(streams).Write(ForTerminal(streams.Width));
            return;
        }

        foreach (var line in Lines([[.. heads.Select(head => (Cell)head)], .. _rows]))
            streams.Out.WriteLine(line);
    }

    /// <summary>A line for each row, which ends where the terminal does. Where that is narrow the first column gives way, by its start.</summary>
    internal IRenderable ForTerminal(int width)
    {
        List<Cell[]> rows = [[.. heads.Select(head => (Cell)head)], .. _rows];
        var widths = WidthsOf(rows);
        var others = widths[1..^1].Sum() + (Gap * (widths.Length - 1)) + Math.Min(widths[^1], LeastLast);
        widths[0] = Math.Clamp(width - others, Math.Min(widths[0], LeastFirst), widths[0]);

        return new Rows(rows.Select((row, index) =>
        {
            var line = new Paragraph();
            var left = width;
            foreach (var (column, cell) in row.Index())
            {
                var shown = column == 0 ? FromEnd(cell.Shown, widths[0]) : cell.Shown;
                var padded = column == row.Length - 1 ? shown : Padded(shown, widths[column]);
                var cut = FromStart(padded, left);
                line.Append(cut, index == 0 ? new Style(decoration: Decoration.Bold) : StyleOf(cell.Tone));
                left -= cut.GetCellWidth();
            }

            return line;
        }));
    }

    /// <summary>Rows as lines of text, whose cells stand below each other.</summary>
    internal static IEnumerable<string> Lines(IReadOnlyList<Cell[]> rows)
    {
        var widths = WidthsOf(rows);
        return rows.Select(row =>
            string.Concat(row.Select((cell, column) => column == row.Length - 1 ? cell.Shown : Padded(cell.Shown, widths[column]))));
    }

    /// <summary>As much of the end of a text as there is room for.</summary>
    internal static string FromEnd(string text, int width)
    {
        var start = 0;
        while (text[start..].GetCellWidth() > (start > 0 ? width - 1 : width))
            start += char.IsHighSurrogate(text[start]) && start + 1 < text.Length ? 2 : 1;
        return start > 0 ? $"…{text[start..]}" : text;
    }

    /// <summary>As much of the start of a text as there is room for.</summary>
    private static string FromStart(string text, int width)
    {
        var end = text.Length;
        while (text[..end].GetCellWidth() > Math.Max(end < text.Length ? width - 1 : width, 0))
            end -= end > 1 && char.IsLowSurrogate(text[end - 1]) ? 2 : 1;
        return end < text.Length && width > 0 ? $"{text[..end]}…" : text[..end];
    }

    private static int[] WidthsOf(IReadOnlyList<Cell[]> rows) =>
    [
        .. Enumerable.Range(0, rows.Max(row => row.Length))
            .Select(column => rows.Max(row => column < row.Length ? row[column].Shown.GetCellWidth() : 0)),
    ];

    private static string Padded(string text, int width) => text + new string(' ', Math.Max(width - text.GetCellWidth(), 0) + Gap);

    private static Style StyleOf(CellTone tone) => tone switch
    {
        CellTone.Good => new Style(Color.Green),
        CellTone.Odd => new Style(Color.Yellow),
        CellTone.Bad => new Style(Color.Red),
        CellTone.Faint => new Style(decoration: Decoration.Dim),
        _ => Style.Plain,
    };
}
