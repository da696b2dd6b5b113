using System.Security.Cryptography;
using Qga.Testing;

namespace Qga.Host.Tests.Packaging;

/// <summary>The SDK's archive is unpacked if it is the one that was published, and only then.</summary>
public sealed class InstallSdkTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [ToolFact("curl", "tar")]
    public void Archive_is_unpacked_if_it_has_the_checksum()
    {
        var archive = Archive();

        Assert.Equal(new ProcessRun(0, "", ""), Install(archive, Convert.ToHexStringLower(SHA512.HashData(File.ReadAllBytes(archive)))));
        Assert.Equal("as published", File.ReadAllText(_scratch.PathOf("sdk/dotnet")));
    }

    [ToolFact("curl", "tar")]
    public void Archive_that_is_another_is_refused()
    {
        var archive = Archive();
        var checksum = Convert.ToHexStringLower(SHA512.HashData(File.ReadAllBytes(archive)));
        using (var file = File.OpenWrite(archive))
        {
            file.Seek(0, SeekOrigin.End);
            file.WriteByte(0);
        }

        var run = Install(archive, checksum);

        Assert.Equal((1, $"install-sdk: file://{archive} has not the checksum {checksum}: nothing is installed\n"), (run.ExitCode, run.Error));
        Assert.False(Directory.Exists(_scratch.PathOf("sdk")));
    }

    [ToolFact("curl")]
    public void Archive_that_is_not_there_is_an_error()
    {
        Assert.NotEqual(0, Install(_scratch.PathOf("missing"), new string('0', 128)).ExitCode);
        Assert.False(Directory.Exists(_scratch.PathOf("sdk")));
    }

    private ProcessRun Install(string archive, string checksum) =>
        ProcessRun.Of(Repository.PathOf("tests/install-sdk"), [_scratch.PathOf("sdk"), $"file://{archive}", checksum]);

    private string Archive()
    {
        _scratch.Write("dotnet", "as published");
        var archive = _scratch.PathOf("sdk.tar.gz");
        ProcessRun.Of("tar", ["-C", _scratch.Root, "-czf", archive, "dotnet"]);
        return archive;
    }
}
