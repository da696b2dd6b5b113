using Qga.Platform.Policy;
using Qga.Platform.Policy.Reading;
using Qga.Testing;

namespace Qga.Platform.Tests.Policy.Reading;

public sealed class PolicyDirectoryTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Files_are_read_in_the_order_of_their_names()
    {
        _scratch.Write("20-b.rules", "deny open");
        _scratch.Write("10-a.rules", "allow ping");
        _scratch.Write("9-c.rules", "allow exec");
        _scratch.Write(".hidden.rules", "no rule");
        _scratch.Write("20-b.rules~", "no rule");
        _scratch.Write("README", "no rule");

        Assert.Equal(["10-a.rules:1", "20-b.rules:1", "9-c.rules:1"], Load()!.Rules.Select(rule => rule.Origin));
        Assert.Equal([".hidden.rules", "20-b.rules~", "README"], Load()!.PassedOver);
    }

    [Fact]
    public void Files_none_of_which_is_one_of_rules_are_an_error()
    {
        _scratch.Write(".keep", "");
        Assert.Null(Load());
        _scratch.Write("10-lock.rule", "deny *");

        Assert.Equal($"{_scratch.Root}: there are no rules, but '10-lock.rule', which is not read: the names of rules end in .rules", Reason());
    }

    [Fact]
    public void Brief_reason_has_no_directories()
    {
        var path = _scratch.Write("10-a.rules", "allow ping");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherWrite);

        var fault = Assert.Throws<PolicyException>(Load);
        Assert.Equal("10-a.rules: 10-a.rules is writable by group or others (mode 0402), which would let them make the rules", fault.Brief);
        Assert.StartsWith($"{path}: {path} is writable", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_file_there_is_no_policy() => Assert.Null(Load());

    [Fact]
    public void Directory_that_was_named_must_be_there() => Assert.Equal(
        $"{_scratch.Root}/no: No such file or directory",
        Assert.Throws<PolicyException>(() => PolicyDirectory.Load($"{_scratch.Root}/no", Rules.Vocabulary, PolicyClocks.System)).Message);

    [Theory]
    [InlineData(UnixFileMode.OtherWrite)]
    [InlineData(UnixFileMode.GroupWrite)]
    public void What_others_can_write_is_refused(UnixFileMode others)
    {
        var path = _scratch.Write("10-a.rules", "allow ping");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | others);
        Assert.Contains("10-a.rules: ", Reason(), StringComparison.Ordinal);
        Assert.Contains("is writable by group or others", Reason(), StringComparison.Ordinal);

        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        Assert.NotNull(Load());
        File.SetUnixFileMode(_scratch.Root, File.GetUnixFileMode(_scratch.Root) | others);
        Assert.Contains("is writable by group or others", Reason(), StringComparison.Ordinal);
    }

    [Fact]
    public void Link_into_a_directory_that_others_can_write_is_refused()
    {
        var others = Directory.CreateDirectory(_scratch.PathOf("others")).FullName;
        _scratch.Write("others/x", "allow ping");
        File.SetUnixFileMode(others, File.GetUnixFileMode(others) | UnixFileMode.OtherWrite);
        File.CreateSymbolicLink(_scratch.PathOf("10-a.rules"), "others/x");

        Assert.Contains("is writable by group or others", Reason(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_file_is_refused()
    {
        Directory.CreateDirectory(_scratch.PathOf("10-a.rules"));
        Assert.EndsWith("10-a.rules: it is no file", Reason(), StringComparison.Ordinal);
        Directory.Delete(_scratch.PathOf("10-a.rules"));
        TestLibC.MakeFifo(_scratch.PathOf("10-a.rules"));
        Assert.EndsWith("10-a.rules: it is no file", Reason(), StringComparison.Ordinal);
        File.Delete(_scratch.PathOf("10-a.rules"));
        File.CreateSymbolicLink(_scratch.PathOf("10-a.rules"), "no-such");
        Assert.EndsWith("10-a.rules: No such file or directory", Reason(), StringComparison.Ordinal);
    }

    [Fact]
    public void Error_names_file_and_line()
    {
        _scratch.Write("10-a.rules", "allow ping");
        _scratch.Write("20-b.rules", "allow ping\n\nallow pong\n");

        Assert.Equal($"{_scratch.Root}/20-b.rules:3: there is no command 'pong'", Reason());
    }

    private GuestPolicy? Load() => PolicyDirectory.Load(_scratch.Root, Rules.Vocabulary, PolicyClocks.System);

    private string Reason() => Assert.Throws<PolicyException>(Load).Message;
}
