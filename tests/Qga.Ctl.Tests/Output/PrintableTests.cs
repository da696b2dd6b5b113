using Newtonsoft.Json.Linq;
using Qga.Ctl.Output;

namespace Qga.Ctl.Tests.Output;

public class PrintableTests
{
    [Theory]
    [InlineData("plain text: 100 %", "plain text: 100 %")]
    [InlineData("Größe 😀 漢", "Größe 😀 漢")]
    [InlineData("\u001b[2J\u0007", @"\u001b[2J\u0007")]
    [InlineData("a\nb\r\tc\u007f", @"a\u000ab\u000d\u0009c\u007f")]
    [InlineData("\u009b31m\u0085", @"\u009b31m\u0085")]
    [InlineData("a\u202eb\u2066c\u200b", @"a\u202eb\u2066c\u200b")]
    [InlineData("\u2028x", @"\u2028x")]
    [InlineData("\U000E0041", @"\udb40\udc41")]
    public void What_a_terminal_would_obey_is_shown_instead(string text, string shown) => Assert.Equal(shown, Printable.Of(text));

    [Fact]
    public void Half_a_character_is_shown_as_what_it_is() => Assert.Equal(@"\ud83dx", Printable.Of("\ud83dx"));

    [Theory]
    [InlineData("plain")]
    [InlineData("Größe 😀")]
    [InlineData("\u001b[2J \u009b31m \u202e \U000E0041 \" \\ \n\t")]
    public void Json_is_the_same_and_does_nothing_to_a_terminal(string text)
    {
        foreach (var isIndented in new[] { true, false })
        {
            var json = JsonText.Of(new JObject { [text] = text }, isIndented);
            Assert.DoesNotContain(json, character => char.IsControl(character) && character != '\n');
            Assert.DoesNotContain('\u202e', json);
            Assert.Equal(text, (string?)JObject.Parse(json)[text]);
        }
    }
}
