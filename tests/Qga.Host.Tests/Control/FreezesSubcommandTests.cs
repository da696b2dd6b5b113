using Qga.Testing;

namespace Qga.Host.Tests.Control;

/// <summary>What <c>qga freezes</c> makes of its command line; what it tells of freezes is in FreezeEndEvidenceTests.</summary>
public sealed class FreezesSubcommandTests
{
    [Fact]
    public void Word_that_makes_no_sense_is_named()
    {
        var run = Run("freezes", "--json", "-t/state");

        Assert.Equal((2, "", "qga: freezes takes no '-t/state'\n"), (run.ExitCode, run.Output, run.Error));
    }

    [Fact]
    public void Help_says_what_it_prints()
    {
        var run = Run("freezes", "--help");

        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("Usage: qga freezes [--json]\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("qga freezes [--json]", Run("--help").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    public void Setting_is_dumped_where_it_was_changed(string value, bool isShown)
    {
        using var scratch = new ScratchDirectory();
        var file = scratch.Write("qemu-ga.conf", $"[qga]\nextensions={value}\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        Assert.Equal(isShown, Run("-c", file, "--dump-conf").Output.Contains("extensions=true\n", StringComparison.Ordinal));
    }

    [Fact]
    public void Setting_that_makes_no_sense_is_refused()
    {
        using var scratch = new ScratchDirectory();
        var file = scratch.Write("qemu-ga.conf", "[qga]\nextensions=some\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var run = Run("-c", file, "--dump-conf");

        Assert.Equal(78, run.ExitCode);
        Assert.Contains("key “extensions” of group “qga” has the value “some”, expected: true or false", run.Error, StringComparison.Ordinal);
    }

    private static ProcessRun Run(params string[] arguments) => ProcessRun.Of(PublishedAgent.Executable, arguments);
}
