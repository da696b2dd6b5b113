using Qga.Ctl.CommandLine;

namespace Qga.Ctl.Tests.CommandLine;

public class CommandWordsTests
{
    private static readonly Option[] Known = [new("recursive", "", 'r'), new("force", "", 'f'), new("timeout", "", 't', "SECONDS")];

    [Theory]
    [InlineData("-r a b", "a b", "recursive")]
    [InlineData("a -r b --force", "a b", "recursive force")]
    [InlineData("-rf a", "a", "recursive force")]
    [InlineData("-rt5 a", "a", "recursive timeout=5")]
    [InlineData("-t 5 a", "a", "timeout=5")]
    [InlineData("--timeout=5 a", "a", "timeout=5")]
    [InlineData("--timeout 5 a --timeout= b", "a b", "timeout=5 timeout=")]
    [InlineData("- a", "- a", "")]
    [InlineData("--timeout -r a", "a", "timeout=-r")]
    public void Options_stand_among_operands(string words, string operands, string options)
    {
        var parsed = CommandWords.Parse(words.Split(' '), Known);
        Assert.Equal(operands.Split(' '), parsed.Operands);
        Assert.Null(parsed.Rest);
        var found = from option in Known
                    where parsed.Has(option.Name)
                    from value in parsed.Values(option.Name)
                    select value is null ? option.Name : $"{option.Name}={value}";
        Assert.Equal(options.Split(' ', StringSplitOptions.RemoveEmptyEntries), found);
    }

    [Fact]
    public void What_is_behind_two_dashes_is_as_it_is()
    {
        var parsed = CommandWords.Parse(["a", "--", "-r", "--", "--no"], Known);
        Assert.Equal(["a"], parsed.Operands);
        Assert.Equal(["-r", "--", "--no"], parsed.Rest!);
        Assert.Equal(["a", "-r", "--", "--no"], parsed.All);
        Assert.False(parsed.Has("recursive"));
    }

    [Fact]
    public void Options_of_another_program_are_not_ours()
    {
        var parsed = CommandWords.Parse(["-f", "vm1", "-r", "ls", "-l", "--", "-r"], Known, operandsBeforeOthers: 1);
        Assert.Equal(["vm1", "ls", "-l", "--", "-r"], parsed.Operands);
        Assert.True(parsed.Has("force") && parsed.Has("recursive"));

        parsed = CommandWords.Parse(["vm1", "--", "ls", "-l"], Known, operandsBeforeOthers: 1);
        Assert.Equal(["vm1"], parsed.Operands);
        Assert.Equal(["ls", "-l"], parsed.Rest!);
    }

    [Theory]
    [InlineData("--none", "there is no option --none")]
    [InlineData("-rx", "there is no option -x")]
    [InlineData("--force=1", "--force takes no value")]
    [InlineData("--timeout", "--timeout SECONDS lacks its value")]
    [InlineData("-t", "-t SECONDS lacks its value")]
    public void What_is_wrong_is_named(string words, string reason) =>
        Assert.Equal(reason, Assert.Throws<UsageException>(() => CommandWords.Parse(words.Split(' '), Known)).Message);

    [Theory]
    [InlineData("0.5", 0.5)]
    [InlineData("60", 60)]
    public void Times_are_seconds(string text, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), CommandWords.Parse(["-t", text], Known).Seconds("timeout"));

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1s")]
    [InlineData("1e3")]
    [InlineData("NaN")]
    [InlineData("99999999")]
    public void What_is_no_time_is_refused(string text) =>
        Assert.Contains(text, Assert.Throws<UsageException>(() => CommandWords.Parse([$"--timeout={text}"], Known).Seconds("timeout")).Message, StringComparison.Ordinal);
}
