using Qga.Platform.Native;
using Qga.Platform.Policy;
using Qga.Platform.Processes;
using Qga.Platform.Tests.Policy;
using Qga.Testing;

namespace Qga.Platform.Tests.Processes;

/// <summary>Which file is run under rules, and as what.</summary>
public sealed class ProgramChoiceTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public ProgramChoiceTests()
    {
        _scratch.WriteProgram("bin/tool", "#!/bin/sh\n");
        Directory.CreateDirectory(_scratch.PathOf("theirs"));
        File.CreateSymbolicLink(_scratch.PathOf("theirs/tool"), "../bin/tool");
        File.CreateSymbolicLink(_scratch.PathOf("bin/alias"), "tool");
        File.SetUnixFileMode(_scratch.PathOf("theirs"), TestLibC.Mode("777"));
    }

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("ROOT/bin/tool", "ROOT/theirs/tool", "ROOT/bin/tool")]
    [InlineData("ROOT/bin/tool", "ROOT/bin/../bin/tool", "ROOT/bin/tool")]
    [InlineData("ROOT/bin/tool", "tool", "tool")]
    [InlineData("ROOT/bin/tool", "alias", "ROOT/bin/tool")]
    [InlineData("ROOT/bin/*", "alias", "alias")]
    [InlineData("ROOT/bin/*", "ROOT/bin/alias", "ROOT/bin/alias")]
    [InlineData("ROOT/**", "ROOT/theirs/tool", "ROOT/bin/tool")]
    public void Name_of_a_program_is_the_rules(string rule, string asked, string name) => Assert.Equal(Here(name), Decided($"path={Here(rule)} env=PATH", asked)!.Name);

    [Fact]
    public void What_is_nowhere_is_refused_as_what_may_not_be_run()
    {
        Assert.Throws<PolicyRefusalException>(() => Decided($"path={Here("ROOT/bin/tool")} env=PATH", "no-such"));
        Assert.Throws<PolicyRefusalException>(() => Decided($"path={Here("ROOT/bin/tool")} env=PATH", "/no-such"));
        Assert.Equal(
            "Failed to execute child process “no-such” (No such file or directory)",
            Assert.Throws<PlatformException>(() => Decided("timeout=1 env=PATH", "no-such")).Message);
    }

    [ToolFact(NeedsRoot = true)]
    public void Every_directory_on_the_way_must_be_open_to_the_user()
    {
        var rule = $"path={Here("ROOT/bin/tool")} env=PATH user=nobody";
        File.SetUnixFileMode(_scratch.Root, TestLibC.Mode("755"));
        Assert.Equal("nobody", Decided(rule, "tool")!.User!.Name);

        File.SetUnixFileMode(_scratch.PathOf("bin"), TestLibC.Mode("700"));
        using var open = TestLibC.Open(_scratch.PathOf("bin/tool"), LibC.O_RDONLY);
        Assert.All(
            (string[])["tool", _scratch.PathOf("bin/tool"), ResolvedFile.NameOf(open)],
            asked => Assert.Equal(
                $"Failed to execute child process “{asked}” (Permission denied)", Assert.Throws<PlatformException>(() => Decided(rule, asked)).Message));
    }

    private string Here(string text) => text.Replace("ROOT", _scratch.Root, StringComparison.Ordinal);

    private DecidedProgram? Decided(string conditions, string asked)
    {
        var policy = Rules.Policy($"allow exec {conditions}");
        var start = new ProcessStart(Here(asked), [], [$"PATH={_scratch.PathOf("bin")}"], Input: null, OutputCapture.None);
        using var file = ProgramChoice.Make(start, Judge, out var decided);
        return decided.Decided;

        PolicyDecision? Judge(ResolvedFile file) => policy.Decide(new PolicyRequest("exec") { Environment = start.Environment! }, file) is { IsAllowed: true } decision
            ? decision
            : throw new PolicyRefusalException("refused");
    }
}
