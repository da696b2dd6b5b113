using Qga.Platform.Diagnosis;
using Qga.Testing;

namespace Qga.Platform.Tests.Diagnosis;

public sealed class FileTrustTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Program_of_ours_below_a_sticky_directory_is_trusted() => Assert.Null(FileTrust.Weakness(_scratch.WriteProgram("hook", "#!/bin/sh\n")));

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
    public void Nor_one_in_a_directory_that_others_can_write()
    {
        var hook = _scratch.WriteProgram("open/hook", "#!/bin/sh\n");
        var directory = Path.GetDirectoryName(hook)!;
        File.SetUnixFileMode(directory, File.GetUnixFileMode(directory) | UnixFileMode.OtherWrite);

        Assert.StartsWith($"{directory} is writable", FileTrust.Weakness(hook), StringComparison.Ordinal);
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
