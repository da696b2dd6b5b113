using System.Text.RegularExpressions;
using Qga.Platform.Policy;

namespace Qga.Platform.Tests.Policy;

public class TextPatternTests
{
    private static readonly string[] Texts =
        ["", "a", "b", "ab", "a|b", "(a|b)", "a.b", "axb", "a\\.b", "a\n", "\na", "$", "a$", "^a", "a b", "A", "aa", "a,b", "a+b", "status", "status)", "é"];

    [Theory]
    [InlineData("a")]
    [InlineData("^a$")]
    [InlineData("^a")]
    [InlineData("a$")]
    [InlineData("")]
    [InlineData("^$")]
    [InlineData("(a|b)")]
    [InlineData("^(a|b)$")]
    [InlineData("^(a|)$")]
    [InlineData("a|b")]
    [InlineData("^a|b$")]
    [InlineData("(a)|(b)")]
    [InlineData(@"a\.b")]
    [InlineData("a.b")]
    [InlineData(@"a\|b")]
    [InlineData(@"(a\|b)")]
    [InlineData(@"\$")]
    [InlineData(@"a\$")]
    [InlineData(@"a\+b")]
    [InlineData(@"\(a|b\)")]
    [InlineData("a,b")]
    [InlineData("a b")]
    [InlineData("[ab]")]
    [InlineData("a*")]
    [InlineData("(?i)a")]
    [InlineData("é")]
    [InlineData("^^a$$")]
    [InlineData(@"\Aa\z")]
    public void Matches_what_the_expression_does(string pattern)
    {
        var regex = new Regex($@"\A(?:{pattern})\z", RegexOptions.NonBacktracking);
        var tested = new TextPattern(pattern, dotIsAny: false);

        Assert.All(Texts, text => Assert.Equal(regex.IsMatch(text), tested.Matches(text)));
    }

    /// <summary>With the longest argument the first would take minutes and half a gigabyte, if it was let.</summary>
    [Theory]
    [InlineData("^(.*a.{20}){10}c$")]
    [InlineData("^.*(a|bb).{0,100}c$")]
    public void What_takes_too_long_is_given_up_and_leaves_nothing_behind(string pattern)
    {
        var tested = new TextPattern(pattern, dotIsAny: false);
        var random = new Random(1);
        var text = new string([.. Enumerable.Range(0, PolicyRequest.LongestString - 1).Select(_ => random.Next(2) == 0 ? 'a' : 'b')]);

        var failure = Record.Exception(() => Assert.False(tested.Matches(text)));
        Assert.True(failure is null or RegexMatchTimeoutException, $"{failure}");
        Assert.False(tested.IsBuilt);
        Assert.False(tested.Matches("b"));
        Assert.True(tested.IsBuilt);
    }

    [Fact]
    public void Automaton_has_a_largest_size()
    {
        Assert.NotNull(new TextPattern("^[a-z]{1,63}(\\.[a-z]{1,63}){0,5}$", dotIsAny: false));
        Assert.Throws<NotSupportedException>(() => new TextPattern("(a{50}){50}", dotIsAny: false));
        Assert.Throws<NotSupportedException>(() => new TextPattern("^(.*a.{50}){20}c$", dotIsAny: false));
    }

    [Theory]
    [InlineData("(")]
    [InlineData("a)(b")]
    [InlineData("(a|b))")]
    public void What_is_no_expression_is_an_error(string pattern) => Assert.ThrowsAny<ArgumentException>(() => new TextPattern(pattern, dotIsAny: false));
}
