using Qga.Platform.Native;
using Qga.Platform.Policy;
using Qga.Testing;

namespace Qga.Platform.Tests.Policy;

/// <summary>What a path leads to, and whether a rule means it.</summary>
public sealed class ResolvedFileTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public ResolvedFileTests()
    {
        Directory.CreateDirectory(_scratch.PathOf("open"));
        Directory.CreateDirectory(_scratch.PathOf("shut"));
        _scratch.Write("open/file", "open");
        _scratch.Write("shut/secret", "shut");
    }

    private string Root => _scratch.Root;

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Path_is_where_a_file_really_is()
    {
        File.CreateSymbolicLink(_scratch.PathOf("open/link"), "../shut/secret");
        File.CreateSymbolicLink(_scratch.PathOf("door"), "shut");

        foreach (var path in (string[])["open/link", "door/secret", "open/../shut/secret", "./shut//secret", "open/../door/./secret"])
            Assert.Equal($"{Root}/shut/secret", PathOf($"{Root}/{path}"));
        Assert.Equal($"{Root}/shut/secret", PathOf($"/proc/self/root{Root}/open/link"));
        Assert.Equal($"{Root}/shut", PathOf($"{Root}/door/"));
    }

    [Fact]
    public void Missing_file_is_a_name_in_a_real_directory()
    {
        File.CreateSymbolicLink(_scratch.PathOf("door"), "shut");

        using var file = ResolvedFile.Open($"{Root}/door/new");
        Assert.Equal(($"{Root}/shut/new", true, Errno.ENOENT), (file.Path, file.CanBeMade, file.Errno));
        using var below = ResolvedFile.Open($"{Root}/door/no/such");
        Assert.Equal(($"{Root}/shut/no/such", false), (below.Path, below.CanBeMade));
    }

    [Fact]
    public void What_has_no_name_leads_nowhere()
    {
        var path = _scratch.Write("gone", "");
        using var open = File.OpenHandle(path);
        File.Delete(path);
        File.WriteAllText($"{path} (deleted)", "not that");

        Assert.Null(PathOf(ResolvedFile.NameOf(open)));
        Assert.Null(PathOf($"{Root}/open/file/"));
        Assert.Null(PathOf($"{Root}/no/../open/file"));
        Assert.Null(PathOf(""));
    }

    [Fact]
    public void Nothing_is_opened_made_or_emptied()
    {
        TestLibC.MakeFifo(_scratch.PathOf("fifo"));

        Assert.Equal($"{Root}/fifo", PathOf(_scratch.PathOf("fifo")));
        Assert.Equal($"{Root}/new", PathOf(_scratch.PathOf("new")));
        Assert.False(File.Exists(_scratch.PathOf("new")));
        Assert.Equal("shut", File.ReadAllText(_scratch.PathOf("shut/secret")));
    }

    [Theory]
    [InlineData("path=ROOT/open/**", "open/file", true)]
    [InlineData("path=ROOT/open/*", "open/file", true)]
    [InlineData("path=ROOT/*", "open/file", false)]
    [InlineData("path=ROOT/**", "open/file", true)]
    [InlineData("path=ROOT/open/fil?", "open/file", true)]
    [InlineData("path=ROOT/open?file", "open/file", false)]
    [InlineData("path=ROOT/open/file", "open/file", true)]
    [InlineData("path=ROOT/open", "open/file", false)]
    [InlineData("path=ROOT/OPEN/**", "open/file", false)]
    [InlineData("path=ROOT/open/**", "open/../shut/secret", false)]
    [InlineData("path=ROOT/open/**", "open/link", false)]
    [InlineData("path=ROOT/open/**", "open/hard", false)]
    [InlineData("path=ROOT/shut/secret", "open/hard", true)]
    [InlineData("path=ROOT/shut/secret", "open/link", true)]
    [InlineData("path=ROOT/open/link", "shut/secret", true)]
    [InlineData("path=ROOT/door/**", "plain/x", true)]
    [InlineData("path=ROOT/door/*", "door/x", true)]
    [InlineData("path=ROOT/door/new", "plain/new", true)]
    [InlineData("path=ROOT/plain/*", "door/new", true)]
    [InlineData("path=ROOT/plain/new", "door/newer", false)]
    public void Rule_that_allows_means_a_file_by_its_real_name(string condition, string path, bool isAllowed)
    {
        MakeLinks();

        Assert.Equal(isAllowed, Rules.Policy($"allow open {condition.Replace("ROOT", Root)}").Outcome(new PolicyRequest("open"), $"{Root}/{path}")!.Value.IsAllowed);
    }

    [Theory]
    [InlineData("path=ROOT/shut/**", "open/link", true)]
    [InlineData("path=ROOT/shut/secret", "open/hard", true)]
    [InlineData("path=ROOT/SHUT/**", "shut/secret", true)]
    [InlineData("path=ROOT/door/**", "plain/x", true)]
    [InlineData("path=ROOT/open/link", "shut/secret", true)]
    [InlineData("path=ROOT/shut/**", "open/file/", true)]
    [InlineData("path=ROOT/shut/**", "open/file", false)]
    public void Rule_that_denies_is_not_passed_by(string condition, string path, bool isDenied)
    {
        MakeLinks();

        var policy = Rules.Policy($"deny open {condition.Replace("ROOT", Root)}\nallow *");
        Assert.Equal(!isDenied, policy.Outcome(new PolicyRequest("open"), $"{Root}/{path}")!.Value.IsAllowed);
    }

    [Theory]
    [InlineData("path=ROOT/theirs/link")]
    [InlineData("path=ROOT/theirs/door/**")]
    [InlineData("path=ROOT/theirs/hard")]
    public void Link_that_others_could_put_there_is_not_what_a_rule_allows(string condition)
    {
        var theirs = Directory.CreateDirectory(_scratch.PathOf("theirs")).FullName;
        File.CreateSymbolicLink($"{theirs}/link", "../shut/secret");
        File.CreateSymbolicLink($"{theirs}/door", "../shut");
        TestLibC.Link(_scratch.PathOf("shut/secret"), $"{theirs}/hard");
        var rule = $"open {condition.Replace("ROOT", Root)}";
        Assert.Equal(!condition.Contains("door", StringComparison.Ordinal), IsAllowed());

        File.SetUnixFileMode(theirs, File.GetUnixFileMode(theirs) | UnixFileMode.OtherWrite);
        Assert.False(IsAllowed());
        Assert.Equal((false, 1), Rules.Policy($"deny {rule}\nallow *").Outcome(new PolicyRequest("open"), $"{Root}/shut/secret"));

        bool IsAllowed() => Rules.Policy($"allow {rule}").Outcome(new PolicyRequest("open"), $"{Root}/shut/secret")!.Value.IsAllowed;
    }

    [Theory]
    [InlineData("path=ROOT/shut/**", true)]
    [InlineData("path=ROOT/else/*", true)]
    [InlineData("path=ROOT/else/file", false)]
    public void Glob_that_denies_means_a_file_of_which_nobody_knows_what_else_it_is(string condition, bool isDenied)
    {
        MakeLinks();

        var policy = Rules.Policy($"deny open {condition.Replace("ROOT", Root)}\nallow *");
        Assert.Equal(!isDenied, policy.Outcome(new PolicyRequest("open"), $"{Root}/open/hard")!.Value.IsAllowed);
        Assert.True(policy.Outcome(new PolicyRequest("open"), $"{Root}/open/file")!.Value.IsAllowed);
    }

    /// <summary>The way of a rule is a circle of links: what it leads to can't be told, and might be this.</summary>
    [Theory]
    [InlineData("path=ROOT/circle/x")]
    [InlineData("path=ROOT/circle/*")]
    public void Rule_whose_way_cant_be_gone_denies_and_allows_nothing(string condition)
    {
        File.CreateSymbolicLink(_scratch.PathOf("circle"), "circle");
        var rule = $"open {condition.Replace("ROOT", Root)}";

        Assert.Equal((false, 1), Rules.Policy($"deny {rule}\nallow *").Outcome(new PolicyRequest("open"), $"{Root}/open/file"));
        Assert.Equal((true, 2), Rules.Policy($"allow {rule}\nallow *").Outcome(new PolicyRequest("open"), $"{Root}/open/file"));
    }

    [ToolFact(NeedsRoot = true)]
    public async Task Link_of_others_is_never_followed_whenever_they_move_it()
    {
        const int Times = 20_000;
        var sticky = Directory.CreateDirectory(_scratch.PathOf("sticky")).FullName;
        Directory.CreateDirectory($"{sticky}/app");
        File.CreateSymbolicLink($"{sticky}/app/out", _scratch.PathOf("shut/secret"));
        File.CreateSymbolicLink($"{sticky}/app/new", _scratch.PathOf("shut/new"));
        File.CreateSymbolicLink($"{sticky}/app/in", _scratch.PathOf("shut"));
        TestLibC.Give($"{sticky}/app", 65534);
        File.SetUnixFileMode(sticky, TestLibC.Mode("1777"));
        var policy = Rules.Policy($"allow open path={sticky}/app/out,{sticky}/app/new,{sticky}/app/in/*");
        using var over = new CancellationTokenSource();
        var mover = Task.Run(() =>
        {
            while (!over.IsCancellationRequested)
            {
                Directory.Move($"{sticky}/app", $"{sticky}/away");
                Directory.Move($"{sticky}/away", $"{sticky}/app");
            }
        });

        var refused = 0;
        for (var time = 0; time < Times; time++)
            refused += policy.Outcome(new PolicyRequest("open"), $"{Root}/shut/{(time % 2 == 0 ? "secret" : "new")}") == (false, 0) ? 1 : 0;
        await over.CancelAsync();
        await mover;
        Assert.Equal(Times, refused);
    }

    [Fact]
    public void Hard_link_that_others_could_have_made_is_not_what_a_rule_allows()
    {
        var sticky = Directory.CreateDirectory(_scratch.PathOf("sticky")).FullName;
        TestLibC.Link(_scratch.PathOf("shut/secret"), $"{sticky}/hard");
        var policy = Rules.Policy($"allow open path={sticky}/hard");
        Assert.Equal((true, 1), policy.Outcome(new PolicyRequest("open"), $"{Root}/shut/secret"));

        File.SetUnixFileMode(sticky, TestLibC.Mode("1777"));
        Assert.Equal((false, 0), policy.Outcome(new PolicyRequest("open"), $"{Root}/shut/secret"));
        using var file = ResolvedFile.Open($"{sticky}/hard");
        Assert.Equal(
            [$"path={sticky}/hard: {sticky}/hard has other names, and is where others can give names to files; so it"],
            policy.Explain(new PolicyRequest("open"), file).Select(rule => rule.Failing));
    }

    [Fact]
    public void Name_that_a_rule_has_for_a_file_is_its_own()
    {
        MakeLinks();
        Directory.CreateDirectory(_scratch.PathOf("theirs"));
        File.CreateSymbolicLink(_scratch.PathOf("plain/alias"), "x");
        File.SetUnixFileMode(_scratch.PathOf("theirs"), TestLibC.Mode("777"));
        File.CreateSymbolicLink(_scratch.PathOf("theirs/alias"), "../plain/x");

        Assert.Equal($"{Root}/plain/alias", NameOf($"{Root}/plain/*", $"{Root}/plain/alias"));
        Assert.Equal($"{Root}/plain/x", NameOf($"{Root}/**", $"{Root}/theirs/alias"));
        Assert.Equal($"{Root}/plain/alias", NameOf($"{Root}/**", $"{Root}/door/alias"));
        Assert.Equal($"{Root}/plain/x", NameOf($"{Root}/plain/x", $"{Root}/plain/alias"));

        static string? NameOf(string rule, string path)
        {
            using var file = ResolvedFile.Open(path, isProgram: true);
            return Rules.Parse($"allow exec path={rule}")[0].NameFor(file);
        }
    }

    [Fact]
    public void Program_may_have_other_names()
    {
        MakeLinks();
        var policy = Rules.Policy($"allow exec path={Root}/open/**");

        Assert.Equal((true, 1), policy.Outcome(new PolicyRequest("exec"), $"{Root}/open/hard"));
    }

    private static string? PathOf(string path)
    {
        using var file = ResolvedFile.Open(path);
        return file.Path;
    }

    private void MakeLinks()
    {
        Directory.CreateDirectory(_scratch.PathOf("plain"));
        _scratch.Write("plain/x", "");
        File.CreateSymbolicLink(_scratch.PathOf("open/link"), "../shut/secret");
        File.CreateSymbolicLink(_scratch.PathOf("door"), "plain");
        TestLibC.Link(_scratch.PathOf("shut/secret"), _scratch.PathOf("open/hard"));
    }
}
