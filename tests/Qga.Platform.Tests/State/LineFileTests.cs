using Qga.Platform.Native;
using Qga.Platform.State;

namespace Qga.Platform.Tests.State;

public sealed class LineFileTests : IDisposable
{
    private readonly string _memory = Directory.CreateDirectory($"/dev/shm/qga-test-{Guid.NewGuid():n}", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;

    public void Dispose() => Directory.Delete(_memory, recursive: true);

    private string FilePath => $"{_memory}/lines";

    [Fact]
    public void Last_lines_are_kept_and_those_of_one_head_once()
    {
        var file = new LineFile(FilePath, most: 3);
        Assert.Empty(file.Read());
        foreach (var number in Enumerable.Range(1, 5))
            Assert.True(file.Replace($"{number}:a", $"{number}:"));
        Assert.True(file.Replace("4:b", "4:"));

        Assert.Equal(["3:a", "5:a", "4:b"], file.Read());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
        Assert.Equal([FilePath], Directory.GetFiles(_memory));
    }

    [Fact]
    public void Line_of_each_is_there_where_several_write_at_once()
    {
        const int Most = 32;
        Parallel.For(0, Most, new ParallelOptions { MaxDegreeOfParallelism = 8 }, number => new LineFile(FilePath, Most).Replace($"{number}:", $"{number}:"));

        Assert.Equal(Enumerable.Range(0, Most).Select(number => $"{number}:").Order(), new LineFile(FilePath, Most).Read().Order());
    }

    [Fact]
    public void Writer_that_was_stopped_holds_up_nobody_for_long()
    {
        Assert.Equal(Errno.Success, LibC.Open(_memory, LibC.O_RDONLY | LibC.O_DIRECTORY, out var directory));
        using (directory)
        {
            Assert.Equal(Errno.Success, LibC.LockExclusively(directory));
            Assert.True(new LineFile(FilePath, most: 32).Replace("line", "line"));
        }
    }

    [Fact]
    public void Size_is_bounded_but_for_the_last_line()
    {
        var file = new LineFile(FilePath, most: 32);
        var half = new string('x', LineFile.MostBytes / 2);
        foreach (var head in "abc")
            file.Replace($"{head}{half}", $"{head}");
        Assert.Equal(['c'], file.Read().Select(line => line[0]));

        file.Replace($"d{half}{half}", "d");
        Assert.Equal(['d'], file.Read().Select(line => line[0]));
    }

    [Fact]
    public void Line_that_was_cut_off_is_none()
    {
        File.WriteAllText(FilePath, "one\ntwo\nthr");

        Assert.Equal(["one", "two"], new LineFile(FilePath, most: 32).Read());
    }

    [Fact]
    public void Link_is_not_followed()
    {
        File.WriteAllText($"{_memory}/target", "mine\n");
        File.CreateSymbolicLink(FilePath, $"{_memory}/target");
        var file = new LineFile(FilePath, most: 32);

        Assert.Empty(file.Read());
        file.Replace("line", "line");
        Assert.Equal("mine\n", File.ReadAllText($"{_memory}/target"));
        Assert.Equal(["line"], file.Read());
    }

    [Fact]
    public void Directory_that_is_not_in_memory_or_not_ours_alone_is_not_written_to()
    {
        File.SetUnixFileMode(_memory, (UnixFileMode)0b111_111_111);
        Assert.False(new LineFile(FilePath, most: 32).Replace("line", "line"));

        var disk = Directory.CreateTempSubdirectory("qga-test-").FullName;
        try
        {
            Assert.Equal(LibC.IsInMemory(disk), new LineFile($"{disk}/lines", most: 32).Replace("line", "line"));
        }
        finally
        {
            Directory.Delete(disk, recursive: true);
        }
    }
}
