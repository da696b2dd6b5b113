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

/// <summary>Rows of cells below heads: in a terminal as wide as that is, elsewhere as wide as it takes, without colours.</summary>
internal sealed class TextTable(params string[] heads)
{
    private const int Gap = 2;

    private readonly List<Cell[]> _rows = [];

    internal void Add(params Cell[] cells) => _rows.Add(cells);

    internal void WriteTo(ToolStreams streams)
    {
        if (streams.IsTerminal)
        {
            Screen.OfOutput(streams).Write(ForTerminal());
            return;
        }

        foreach (var line in Lines([[.. heads.Select(head => (Cell)head)], .. _rows]))
            streams.Out.WriteLine(line);
    }

    internal IRenderable ForTerminal()
    {
        var table = new Table().NoBorder();
        foreach (var head in heads)
            table.AddColumn(new TableColumn(new Text(head, new Style(decoration: Decoration.Bold))) { Padding = new Padding(0, 0, Gap, 0) });
        foreach (var row in _rows)
            table.AddRow(row.Select(cell => new Text(cell.Shown, StyleOf(cell.Tone))));
        return table;
    }

    /// <summary>Rows as lines of text, whose cells stand below each other.</summary>
    internal static IEnumerable<string> Lines(IReadOnlyList<Cell[]> rows)
    {
        var widths = Enumerable.Range(0, rows.Max(row => row.Length))
            .Select(column => rows.Max(row => column < row.Length ? row[column].Shown.GetCellWidth() : 0)).ToArray();
        return rows.Select(row => string.Concat(row.Select((cell, column) =>
            column == row.Length - 1 ? cell.Shown : cell.Shown + new string(' ', widths[column] - cell.Shown.GetCellWidth() + Gap))));
    }

    private static Style StyleOf(CellTone tone) => tone switch
    {
        CellTone.Good => new Style(Color.Green),
        CellTone.Odd => new Style(Color.Yellow),
        CellTone.Bad => new Style(Color.Red),
        CellTone.Faint => new Style(decoration: Decoration.Dim),
        _ => Style.Plain,
    };
}
