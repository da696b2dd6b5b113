using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Files;
using Qga.Platform.Native;
using Qga.Platform.Policy;
using Qga.Testing;

namespace Qga.Platform.Tests.Files;

[SupportedOSPlatform("linux")]
public sealed class LinuxGuestFileTests : IDisposable
{
    private readonly LinuxGuestFileOpener _opener = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("qga-test-").FullName;
    private readonly string _path;

    public LinuxGuestFileTests() => _path = Path.Combine(_folder, "file");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("r")]
    [InlineData("r+")]
    public void Reading_mode_wants_the_file_to_exist(string mode)
    {
        var failure = Assert.Throws<SystemCallException>(() => Open(mode));

        Assert.Equal(Errno.ENOENT, failure.Errno);
        Assert.Equal($"failed to open file '{_path}' (mode: '{mode}'): No such file or directory", failure.Message);
        Assert.False(File.Exists(_path));
    }

    /// <summary>By a descriptor that the agent has one gets past every directory.</summary>
    [ToolFact(NeedsRoot = true)]
    public void Every_directory_on_the_way_must_be_open_to_the_user_of_a_rule()
    {
        File.WriteAllText(_path, "old");
        File.SetUnixFileMode(_path, TestLibC.Mode("644"));
        File.SetUnixFileMode(_folder, TestLibC.Mode("755"));
        var rule = new PolicyRule("/x", 1, "") { Allows = true, Audits = false, Commands = [], User = "nobody" };
        var decision = new PolicyDecision(IsAllowed: true, rule) { Origin = "" };
        using var held = TestLibC.Open(_path, LibC.O_RDONLY);
        var byDescriptor = ResolvedFile.NameOf(held);
        foreach (var path in (string[])[_path, byDescriptor])
            _opener.Open(path, OpenMode.TryParse("r")!, _ => decision).Dispose();

        File.SetUnixFileMode(_folder, TestLibC.Mode("700"));
        Assert.All((string[])[_path, byDescriptor], path => Assert.Equal(
            Errno.EACCES, Assert.Throws<SystemCallException>(() => _opener.Open(path, OpenMode.TryParse("r")!, _ => decision)).Errno));
        File.Delete(_path);
        Assert.Equal(Errno.EACCES, Assert.Throws<SystemCallException>(() => _opener.Open(byDescriptor, OpenMode.TryParse("r")!, _ => decision)).Errno);
    }

    [Theory]
    [InlineData("r", "old", null)]
    [InlineData("w", null, "new")]
    [InlineData("a", null, "oldnew")]
    [InlineData("r+", "old", "oldnew")]
    [InlineData("w+", "", "new")]
    [InlineData("a+", "old", "oldnew")]
    public void Mode_reads_and_writes_as_fopen(string mode, string? read, string? written)
    {
        File.WriteAllText(_path, "old");
        using var file = Open(mode);

        if (read is null)
            Assert.Equal(Errno.EBADF, Assert.Throws<SystemCallException>(() => file.Read(new byte[1])).Errno);
        else
            Assert.Equal((read, true), ReadText(file, 100));
        if (written is null)
            Assert.Equal("failed to write to file: Bad file descriptor", Assert.Throws<SystemCallException>(() => file.Write("new"u8)).Message);
        else
            file.Write("new"u8);

        Assert.Equal(written ?? "old", File.ReadAllText(_path));
    }

    [Theory]
    [InlineData("w", "077")]
    [InlineData("a", "777")]
    [InlineData("w+", "0")]
    [InlineData("a+", "022")]
    public void New_file_has_mode_0644_whatever_the_umask(string mode, string umask)
    {
        TestLibC.WithUmask(umask, () => Open(mode).Dispose());

        Assert.Equal(Permissions("rw-r--r--"), File.GetUnixFileMode(_path));
    }

    [Theory]
    [InlineData("w")]
    [InlineData("a+")]
    public void Existing_file_keeps_its_permissions(string mode)
    {
        File.WriteAllText(_path, "old");
        File.SetUnixFileMode(_path, Permissions("rwx--x---"));

        Open(mode).Dispose();

        Assert.Equal(Permissions("rwx--x---"), File.GetUnixFileMode(_path));
    }

    [Fact]
    public void Writing_through_a_symbolic_link_leaves_the_link()
    {
        var target = Path.Combine(_folder, "target");
        File.WriteAllText(target, "old");
        File.CreateSymbolicLink(_path, target);

        using (var file = Open("w"))
            file.Write("new"u8);

        Assert.Equal("new", File.ReadAllText(target));
        Assert.Equal(target, new FileInfo(_path).LinkTarget);
    }

    [Fact]
    public void Append_goes_to_the_end_wherever_the_position_is()
    {
        File.WriteAllText(_path, "old");
        using var file = Open("a+");

        file.Seek(1, SeekOrigin.Begin);
        File.AppendAllText(_path, "er");
        file.Write("new"u8);

        Assert.Equal("oldernew", File.ReadAllText(_path));
    }

    [Fact]
    public void End_of_file_is_told_by_the_read_that_meets_it()
    {
        File.WriteAllText(_path, "12345");
        using var file = Open("r");

        Assert.Equal(("123", false), ReadText(file, 3));
        Assert.Equal(("", false), ReadText(file, 0));
        Assert.Equal(("45", false), ReadText(file, 2));
        Assert.Equal(("", true), ReadText(file, 1));
        Assert.Equal(3, file.Seek(-2, SeekOrigin.End));
        Assert.Equal(("45", true), ReadText(file, 3));
    }

    [Fact]
    public void Seek_moves_from_start_position_and_end()
    {
        File.WriteAllText(_path, "12345");
        using var file = Open("r+");

        Assert.Equal(2, file.Seek(2, SeekOrigin.Begin));
        Assert.Equal(1, file.Seek(-1, SeekOrigin.Current));
        Assert.Equal(8, file.Seek(3, SeekOrigin.End));
        Assert.Equal("failed to seek file: Invalid argument", Assert.Throws<SystemCallException>(() => file.Seek(-9, SeekOrigin.Current)).Message);
        Assert.Equal(8, file.Seek(0, SeekOrigin.Current));
    }

    [Fact]
    public void Read_of_a_fifo_gives_what_is_there()
    {
        TestLibC.MakeFifo(_path);
        using var file = Open("r");
        Assert.Equal(("", true), ReadText(file, 10));
        using var writer = TestLibC.Open(_path, LibC.O_WRONLY);

        Assert.Equal("failed to read file: Resource temporarily unavailable", Assert.Throws<SystemCallException>(() => file.Read(new byte[1])).Message);
        Assert.Equal(Errno.Success, LibC.Write(writer, "abc"u8, out _));
        Assert.Equal(("abc", false), ReadText(file, 10));
        Assert.Equal(Errno.Success, LibC.Write(writer, "de"u8, out _));
        writer.Dispose();
        Assert.Equal(("de", true), ReadText(file, 10));
    }

    [Fact]
    public void Fifo_without_a_reader_is_not_opened_for_writing()
    {
        TestLibC.MakeFifo(_path);

        Assert.Equal(
            $"failed to open file '{_path}' (mode: 'w'): No such device or address", Assert.Throws<SystemCallException>(() => Open("w")).Message);
    }

    [Fact]
    public void Full_fifo_is_reported_by_the_write()
    {
        TestLibC.MakeFifo(_path);
        using var reader = TestLibC.Open(_path, LibC.O_RDONLY | LibC.O_NONBLOCK);
        using var file = Open("w");

        Assert.Equal(Errno.EAGAIN, Assert.Throws<SystemCallException>(() => file.Write(new byte[1 << 20])).Errno);
    }

    [Fact]
    public void Full_disk_is_reported_by_the_write()
    {
        using var file = _opener.Open("/dev/full", OpenMode.TryParse("w")!);

        Assert.Equal("failed to write to file: No space left on device", Assert.Throws<SystemCallException>(() => file.Write("x"u8)).Message);
    }

    [Theory]
    [InlineData("w", Errno.EISDIR)]
    [InlineData("r+", Errno.EISDIR)]
    public void Directory_is_not_opened_for_writing(string mode, Errno errno)
    {
        Directory.CreateDirectory(_path);

        Assert.Equal(errno, Assert.Throws<SystemCallException>(() => Open(mode)).Errno);
    }

    [Fact]
    public void Directory_is_opened_for_reading_as_fopen_does_but_not_read()
    {
        Directory.CreateDirectory(_path);
        using var file = Open("r");

        Assert.Equal("failed to read file: Is a directory", Assert.Throws<SystemCallException>(() => file.Read(new byte[1])).Message);
    }

    [Fact]
    public void Path_with_a_nul_names_no_file()
    {
        var failure = Assert.Throws<SystemCallException>(() => _opener.Open(_path + "\0x", OpenMode.TryParse("w")!));

        Assert.Equal(Errno.ENOENT, failure.Errno);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Close_that_fails_is_reported_and_the_file_is_gone()
    {
        using var handle = new SafeFileHandle(0x7FFFFFF, ownsHandle: true);    // beyond every limit, so the number stays nobody's
        using var file = new LinuxGuestFile(handle);

        Assert.Equal("failed to close handle: Bad file descriptor", Assert.Throws<SystemCallException>(file.Close).Message);
        Assert.True(handle.IsClosed || handle.IsInvalid);
        Assert.Throws<ObjectDisposedException>(() => file.Read(new byte[1]));
    }

    [Fact]
    public void Closed_file_is_closed_once()
    {
        var file = Open("w");
        file.Close();

        // Whoever gets the number next must not lose it to the first owner's end.
        using var next = TestLibC.Open(_path, LibC.O_RDONLY);
        file.Dispose();

        Assert.Equal(Errno.Success, LibC.Read(next, new byte[1], out _));
    }

    private IGuestFile Open(string mode) => _opener.Open(_path, OpenMode.TryParse(mode)!);

    private static (string Text, bool EndOfFile) ReadText(IGuestFile file, int count)
    {
        var buffer = new byte[count];
        var read = file.Read(buffer);
        return (Encoding.UTF8.GetString(buffer, 0, read.Count), read.EndOfFile);
    }

    private static UnixFileMode Permissions(string text) =>
        (UnixFileMode)text.Aggregate(0, (mode, character) => mode << 1 | (character == '-' ? 0 : 1));
}
