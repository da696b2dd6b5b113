using System.Runtime.Versioning;
using Qga.Platform.OwnProcess;

namespace Qga.Platform.Tests.OwnProcess;

[SupportedOSPlatform("linux")]
public sealed class PidFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qga-test-").FullName;

    private string Pid => Path.Combine(_folder, "pid");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void File_holds_the_process_id_and_goes_with_it()
    {
        using (PidFile.Create(Pid))
        {
            Assert.Equal($"{Environment.ProcessId}\n", File.ReadAllText(Pid));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Pid));
        }

        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Second_agent_is_locked_out_even_after_the_file_was_read()
    {
        using var file = PidFile.Create(Pid);
        File.ReadAllText(Pid);

        var failure = Assert.Throws<SystemCallException>(() => PidFile.Create(Pid));

        Assert.Equal("Cannot lock pid file: Resource temporarily unavailable", failure.Message);
        Assert.Equal($"{Environment.ProcessId}\n", File.ReadAllText(Pid));
    }

    [Fact]
    public void Left_over_file_is_written_over()
    {
        File.WriteAllText(Pid, "12345678901234567890\n");

        using var file = PidFile.Create(Pid);

        Assert.Equal($"{Environment.ProcessId}\n", File.ReadAllText(Pid));
    }

    [Fact]
    public void File_of_another_agent_is_not_removed()
    {
        using (PidFile.Create(Pid))
        {
            File.Delete(Pid);
            File.WriteAllText(Pid, "1\n");
        }

        Assert.Equal("1\n", File.ReadAllText(Pid));
    }

    [Fact]
    public void Folder_must_exist()
    {
        var failure = Assert.Throws<SystemCallException>(() => PidFile.Create(Path.Combine(_folder, "missing/pid")));

        Assert.Equal($"Could not create '{_folder}/missing/pid': No such file or directory", failure.Message);
    }
}
