using Qga.Ctl.Output;
using Spectre.Console;

namespace Qga.Ctl.Tests.Output;

public class TextTableTests
{
    [Fact]
    public void Cells_stand_below_each_other_by_what_they_take_on_a_terminal()
    {
        var table = new TextTable("A", "B", "C");
        table.Add("漢字", "x", "last  ");
        table.Add("long name", null, "\u001b[2J");
        using var output = new MemoryStream();
        table.WriteTo(new ToolStreams(Stream.Null, output, Stream.Null));
        Assert.Equal("A          B  C\n漢字       x  last  \nlong name  -  \\u001b[2J\n", System.Text.Encoding.UTF8.GetString(output.ToArray()));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(40)]
    [InlineData(20)]
    [InlineData(5)]
    [InlineData(1)]
    public void Lines_are_no_longer_than_the_terminal(int width)
    {
        var table = new TextTable("GUEST", "STATE", "SYSTEM");
        table.Add("unix:/run/very/long/path/of/a/socket.sock", "no answer", "Debian GNU/Linux 漢字漢字漢字漢字");
        table.Add("😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀", "thawed", "x");
        using var writer = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(writer) });
        console.Profile.Width = width;
        console.Write(table.ForTerminal(width));

        var lines = writer.ToString().TrimEnd('\n').Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.All(lines, line => Assert.InRange(line.TrimEnd().GetCellWidth(), 0, width));
    }

    [Theory]
    [InlineData("abcdef", 6, "abcdef")]
    [InlineData("abcdef", 5, "…cdef")]
    [InlineData("abcdef", 1, "…")]
    [InlineData("漢字漢字", 5, "…漢字")]
    [InlineData("😀😀😀", 3, "…😀")]
    public void Start_gives_way(string text, int width, string shown) => Assert.Equal(shown, TextTable.FromEnd(text, width));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(1536L << 20, "1.5 GiB")]
    public void Sizes_have_units(double bytes, string shown) => Assert.Equal(shown, Quantity.Bytes(bytes));
}
