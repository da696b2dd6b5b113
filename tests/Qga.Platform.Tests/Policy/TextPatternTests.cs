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

    [Theory]
    [InlineData("(")]
    [InlineData("a)(b")]
    [InlineData("(a|b))")]
    public void What_is_no_expression_is_an_error(string pattern) => Assert.ThrowsAny<ArgumentException>(() => new TextPattern(pattern, dotIsAny: false));
}
