using System.Buffers;
using System.Text;
using Qga.Platform.Audit;

namespace Qga.Platform.Tests.Audit;

public class AuditMembersTests
{
    [Fact]
    public void Members_are_written_in_their_order_and_what_is_not_there_is_left_out()
    {
        var members = new AuditMembers()
            .Add("text", "a").Add("none", (string?)null).Add("number", 5).Add("no-number", (long?)null).Add("flag", true)
            .Add("list", (IReadOnlyList<string>)["x", "y"]).Add("empty", new AuditMembers()).Add("what", new AuditMembers().Add("path", "/a").Add("n", 1))
            .Add("all", (IReadOnlyList<AuditMembers>)[new AuditMembers().Add("at", "/"), new AuditMembers()]);

        Assert.Equal(
            ""","text":"a","number":5,"flag":true,"list":["x","y"],"what":{"path":"/a","n":1},"all":[{"at":"/"},{}]""", JsonOf(members));
    }

    [Theory]
    [InlineData("a\"b\\c", "\"a\\\"b\\\\c\"")]
    [InlineData("line\nfeed\0\u001b[2J", "\"line\\u000afeed\\u0000\\u001b[2J\"")]
    [InlineData("\u202etxt.exe\u2028", "\"\\u202etxt.exe\\u2028\"")]
    [InlineData("naïve \ud83d\ude00", "\"na\\u00efve \\ud83d\\ude00\"")]
    [InlineData("\x7f", "\"\\u007f\"")]
    public void Text_is_visible_and_stays_what_it_is(string text, string json)
    {
        var written = new ArrayBufferWriter<byte>();
        AuditMembers.AppendText(written, text);

        Assert.Equal(json, Encoding.ASCII.GetString(written.WrittenSpan));
    }

    /// <remarks>A byte that is no UTF-8, see KernelPath.</remarks>
    [Fact]
    public void Path_that_is_no_text_stays_what_it_is() => Text_is_visible_and_stays_what_it_is($"/a{(char)0xDCE9}", "\"/a\\udce9\"");

    [Fact]
    public void Long_texts_and_lists_are_cut_and_say_so()
    {
        var text = $"/{new string('x', 5000)}/etc/shadow";
        var members = new AuditMembers().Add("t", text).Add("l", [.. Enumerable.Repeat("y", 100)]);

        var hash = Sha256.HexOf(Encoding.ASCII.GetBytes(text));
        Assert.Matches($"\"t\":\"/x{{639}}\\.\\.\\. \\(cut: 5012 in all, sha256 {hash}\\) \\.\\.\\.x{{245}}/etc/shadow\"", JsonOf(members));
        Assert.Matches("\\[(\"y\",){16}\"\\.\\.\\. \\(cut: 100 in all, sha256 [0-9a-f]{64}, each with a NUL between\\)\"\\]$", JsonOf(members));
    }

    [Fact]
    public void No_record_grows_with_its_request()
    {
        var members = new AuditMembers().Add("path", new string('x', 5_000_000)).Add("env", [.. Enumerable.Range(0, 100_000).Select(number => $"{number}{new string('y', 900)}")]);

        Assert.InRange(JsonOf(members).Length, 2000, 5000);
    }

    [Fact]
    public void Journal_has_a_field_for_each_member_with_the_bytes_of_a_path()
    {
        var members = new AuditMembers()
            .Add("command", "guest-exec").Add("what", new AuditMembers().Add("path", "/a\udce9").Add("mount-points", (IReadOnlyList<string>)["/", "/b"]))
            .Add("duration-us", 12).Add("enforced", false).Add("all", (IReadOnlyList<AuditMembers>)[new AuditMembers().Add("at", "/")]);

        Assert.Equal(
            ["QGA_COMMAND=guest-exec", "QGA_PATH=/aé", "QGA_MOUNT_POINTS=/", "QGA_MOUNT_POINTS=/b", "QGA_DURATION_US=12", "QGA_ENFORCED=0", "QGA_ALL={\"at\":\"/\"}"],
            members.Fields().Select(field => $"{field.Name}={Encoding.Latin1.GetString(field.Value)}"));
    }

    private static string JsonOf(AuditMembers members)
    {
        var json = new ArrayBufferWriter<byte>();
        members.AppendTo(json);
        return Encoding.ASCII.GetString(json.WrittenSpan);
    }
}
