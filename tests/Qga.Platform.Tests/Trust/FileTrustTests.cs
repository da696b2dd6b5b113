using Qga.Platform.Trust;
using Qga.Testing;

namespace Qga.Platform.Tests.Trust;

public sealed class FileTrustTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Program_of_ours_below_a_sticky_directory_is_trusted() =>
        Assert.Null(FileTrust.Weakness(_scratch.WriteProgram("hook", "#!/bin/sh\n")));

    [Theory]
    [InlineData(UnixFileMode.GroupWrite, "0775")]
    [InlineData(UnixFileMode.OtherWrite, "0757")]
    public void Program_that_others_can_write_is_not(UnixFileMode bit, string mode)
    {
        var hook = _scratch.WriteProgram("hook", "#!/bin/sh\n");
        File.SetUnixFileMode(hook, File.GetUnixFileMode(hook) | bit);

        Assert.Equal($"{hook} is writable by group or others (mode {mode})", FileTrust.Weakness(hook));
    }

    [Fact]
    public void What_is_no_directory_leads_to_nothing_of_others() => Assert.Null(FileTrust.Weakness("/dev/null/hook"));

    [Fact]
    public void Nor_one_in_a_directory_that_others_can_write()
    {
        var hook = _scratch.WriteProgram("open/hook", "#!/bin/sh\n");
        var directory = Path.GetDirectoryName(hook)!;
        File.SetUnixFileMode(directory, File.GetUnixFileMode(directory) | UnixFileMode.OtherWrite);

        Assert.StartsWith($"{directory} is writable", FileTrust.Weakness(hook), StringComparison.Ordinal);
    }

    [Fact]
    public void Nor_one_that_a_link_of_another_user_leads_to()
    {
        var hook = _scratch.WriteProgram("hook", "#!/bin/sh\n");
        var (link, second) = (_scratch.PathOf("link"), _scratch.PathOf("second"));
        File.CreateSymbolicLink(link, hook);
        File.CreateSymbolicLink(second, "./link");
        Assert.Null(FileTrust.Weakness(second));

        Assert.Equal(0, ProcessRun.Of("chown", ["-h", "65534", link]).ExitCode);

        Assert.Equal($"{link} belongs to user 65534", FileTrust.Weakness(second));
    }

    [Fact]
    public void Nor_one_that_a_link_leads_to_by_a_directory_that_others_can_write()
    {
        _scratch.WriteProgram("safe/hook", "#!/bin/sh\n");
        var open = Directory.CreateDirectory(_scratch.PathOf("open")).FullName;
        File.CreateSymbolicLink(_scratch.PathOf("link"), "open/../safe/hook");
        Assert.Null(FileTrust.Weakness(_scratch.PathOf("link")));

        File.SetUnixFileMode(open, File.GetUnixFileMode(open) | UnixFileMode.OtherWrite);

        Assert.StartsWith($"{open} is writable", FileTrust.Weakness(_scratch.PathOf("link")), StringComparison.Ordinal);
        Assert.Null(FileTrust.Weakness(_scratch.PathOf("safe/hook")));
    }

    [Fact]
    public void What_is_not_there_counts_by_the_directories_on_the_way()
    {
        var open = Directory.CreateDirectory(_scratch.PathOf("open")).FullName;
        Assert.Null(FileTrust.Weakness($"{open}/none/none"));
        File.SetUnixFileMode(open, File.GetUnixFileMode(open) | UnixFileMode.OtherWrite);

        Assert.StartsWith($"{open} is writable", FileTrust.Weakness($"{open}/none/none"), StringComparison.Ordinal);
        Assert.StartsWith("/tmp is writable", FileTrust.Weakness("/tmp/none"), StringComparison.Ordinal);
        Assert.StartsWith("/tmp is writable", FileTrust.Weakness("/tmp/none/none"), StringComparison.Ordinal);
        Assert.StartsWith("/tmp is writable", FileTrust.Weakness("/tmp"), StringComparison.Ordinal);
    }

    [Fact]
    public void Name_that_others_could_have_given_to_a_file_is_not()
    {
        var open = Directory.CreateDirectory(_scratch.PathOf("open")).FullName;
        File.SetUnixFileMode(open, TestLibC.Mode("1777"));
        var hook = _scratch.WriteProgram("hook", "#!/bin/sh\n");
        TestLibC.Link(hook, $"{open}/hook");
        Directory.CreateDirectory($"{open}/ours");
        File.WriteAllText($"{open}/ours/file", "");

        Assert.Equal($"{open}/hook has other names, and is where others can give names to files", FileTrust.Weakness($"{open}/hook"));
        Assert.Null(FileTrust.Weakness(hook));
        Assert.Null(FileTrust.Weakness($"{open}/ours/file"));
    }

    [Fact]
    public void Links_that_lead_round_in_a_circle_lead_nowhere()
    {
        File.CreateSymbolicLink(_scratch.PathOf("a"), "b");
        File.CreateSymbolicLink(_scratch.PathOf("b"), "a");

        Assert.Null(FileTrust.Weakness(_scratch.PathOf("a")));
    }

    [Fact]
    public void Program_has_to_be_a_file_that_can_be_executed()
    {
        Assert.True(FileTrust.IsExecutable("/bin/sh"));
        Assert.False(FileTrust.IsExecutable(_scratch.Write("text", "no program")));
        Assert.False(FileTrust.IsExecutable(_scratch.Root));
        Assert.False(FileTrust.IsExecutable(_scratch.PathOf("missing")));
    }

    [Fact]
    public void Directory_has_to_be_one()
    {
        Assert.True(FileTrust.IsWritableDirectory(_scratch.Root));
        Assert.False(FileTrust.IsWritableDirectory(_scratch.Write("file", "")));
        Assert.False(FileTrust.IsWritableDirectory("/proc/self"));
    }
}
