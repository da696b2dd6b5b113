using Qga.Platform.State;

namespace Qga.Platform.Tests.State;

public sealed class HandleCounterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qga-test-").FullName;

    private string StateFile => Path.Combine(_folder, "qga.state");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void First_start_creates_the_file_in_the_format_of_qemu_ga()
    {
        HandleCounter.Open(_folder);

        Assert.Equal("[global]\nfd_counter=1000\n", File.ReadAllText(StateFile));
        Assert.Equal([StateFile], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Successor_is_on_the_disk_before_a_handle_is_given_out()
    {
        var counter = HandleCounter.Open(_folder);

        Assert.Equal(1000, counter.Next());
        Assert.Equal("[global]\nfd_counter=1001\n", File.ReadAllText(StateFile));
        Assert.Equal(1001, counter.Next());
        Assert.Equal(1002, HandleCounter.Open(_folder).Next());
        Assert.Equal([StateFile], Directory.GetFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData("", 1000)]
    [InlineData("[global]\n", 1000)]
    [InlineData("[other]\nfd_counter=5\n", 1000)]
    [InlineData("[global]\nfd_counter=1005\n", 1005)]
    [InlineData("[global]\nfd_counter= 1005 \n", 1005)]
    [InlineData("[global]\nfd_counter=+5\n", 5)]
    [InlineData("[global]\nfd_counter=010\n", 10)]
    [InlineData("[global]\nfd_counter=1 5\n", 1)]
    [InlineData("[global]\nfd_counter=1\nfd_counter=2\n", 2)]
    [InlineData("[global]\nfd_counter=2147483647\n", 2147483647)]
    public void Counting_goes_on_where_qemu_ga_would(string content, int expected)
    {
        File.WriteAllText(StateFile, content);

        Assert.Equal(expected, HandleCounter.Open(_folder).Next());
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("")]
    [InlineData("1005x")]
    [InlineData("0x10")]
    [InlineData("-5")]
    [InlineData("2147483648")]
    public void Counting_starts_afresh_from_a_number_that_is_no_handle(string value)
    {
        File.WriteAllText(StateFile, $"[global]\nfd_counter={value}\n");

        Assert.Equal(1000, HandleCounter.Open(_folder).Next());
    }

    [Fact]
    public void Last_handle_is_followed_by_the_first()
    {
        File.WriteAllText(StateFile, "[global]\nfd_counter=2147483647\n");
        var counter = HandleCounter.Open(_folder);

        Assert.Equal(int.MaxValue, counter.Next());
        Assert.Equal(HandleCounter.First, counter.Next());
    }

    [Fact]
    public void Other_keys_and_groups_are_kept()
    {
        File.WriteAllText(StateFile, "# old\n[global]\na=\\s1\nfd_counter=7\n[foo]\nb = 2 \n");

        HandleCounter.Open(_folder).Next();

        Assert.Equal("[global]\na=\\s1\nfd_counter=8\n\n[foo]\nb=2 \n", File.ReadAllText(StateFile));
    }

    [Fact]
    public void Nothing_is_written_at_a_start_that_finds_the_file()
    {
        File.WriteAllText(StateFile, "# mine\n");

        HandleCounter.Open(_folder);

        Assert.Equal("# mine\n", File.ReadAllText(StateFile));
    }

    [Fact]
    public void Failure_to_save_uses_up_no_handle()
    {
        var counter = HandleCounter.Open(_folder);
        var away = _folder + ".away";
        Directory.Move(_folder, away);

        var failure = Assert.Throws<StateException>(() => counter.Next());

        Directory.Move(away, _folder);
        Assert.Equal(1000, counter.Next());
        Assert.Equal("failed to commit persistent state to disk", failure.Message);
        Assert.Equal(2, failure.Lines.Count);
        Assert.Matches(
            $"^failed to write persistent state to {StateFile}: Failed to create file “{StateFile}[.][A-Z0-9]{{6}}”: No such file or directory$",
            failure.Lines[0]);
    }

    [Fact]
    public void Failure_to_replace_the_file_leaves_nothing_behind()
    {
        var counter = HandleCounter.Open(_folder);
        File.Delete(StateFile);
        Directory.CreateDirectory(StateFile);

        var failure = Assert.Throws<StateException>(() => counter.Next());

        Assert.EndsWith(": Is a directory", failure.Lines[0], StringComparison.Ordinal);
        Assert.Equal([StateFile], Directory.GetFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData("foo\n", "Key file contains line “foo” which is not a key-value pair, group, or comment")]
    [InlineData("fd_counter=5\n", "Key file does not start with a group")]
    public void Damaged_file_is_refused(string content, string reason)
    {
        File.WriteAllText(StateFile, content);

        var failure = Assert.Throws<StateException>(() => HandleCounter.Open(_folder));

        Assert.Equal([$"error loading persistent state from path: {StateFile}, {reason}", "failed to load persistent state"], failure.Lines);
        Assert.Equal(content, File.ReadAllText(StateFile));
    }

    [Fact]
    public void Directory_in_place_of_the_file_is_refused()
    {
        Directory.CreateDirectory(StateFile);

        var failure = Assert.Throws<StateException>(() => HandleCounter.Open(_folder));

        Assert.Equal(
            [$"error loading persistent state from path: {StateFile}, Not a regular file", "failed to load persistent state"], failure.Lines);
    }

    [Fact]
    public void State_directory_must_exist()
    {
        var missing = Path.Combine(_folder, "missing");

        var failure = Assert.Throws<StateException>(() => HandleCounter.Open(missing));

        Assert.Equal(3, failure.Lines.Count);
        Assert.StartsWith(
            $"failed to write persistent state to {missing}/qga.state: Failed to create file", failure.Lines[0], StringComparison.Ordinal);
        Assert.Equal([$"unable to create state file at path {missing}/qga.state", "failed to load persistent state"], failure.Lines.Skip(1));
    }

    [Fact]
    public void State_file_that_leads_in_circles_is_refused()
    {
        File.CreateSymbolicLink(StateFile, "qga.state");

        var failure = Assert.Throws<StateException>(() => HandleCounter.Open(_folder));

        Assert.Equal(
            [$"unable to access state file at path {StateFile}: Too many levels of symbolic links", "failed to load persistent state"],
            failure.Lines);
    }

    [Fact]
    public void Handles_are_unique_across_threads()
    {
        var counter = HandleCounter.Open(_folder);

        var handles = Enumerable.Range(0, 200).AsParallel().WithDegreeOfParallelism(8).Select(_ => counter.Next()).ToList();

        Assert.Equal(Enumerable.Range(1000, 200), handles.Order());
    }
}
