using System.Runtime.Versioning;
using Qga.Platform.State;
using Qga.Testing;

namespace Qga.Platform.Tests.State;

[SupportedOSPlatform("linux")]
public sealed class FrozenMarkerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qga-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Marker_is_an_empty_file_of_ours_alone_between_create_and_remove()
    {
        var marker = new FrozenMarker(_folder);
        Assert.False(marker.Exists());

        marker.Create();
        marker.Create();

        Assert.True(marker.Exists());
        Assert.Equal(Path.Combine(_folder, "qga.state.isfrozen"), marker.Path);
        Assert.Empty(File.ReadAllBytes(marker.Path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(marker.Path));

        Assert.True(marker.Remove());
        Assert.False(marker.Exists());
    }

    [Fact]
    public void Marker_is_lost_when_it_is_gone_or_another_is_in_its_place()
    {
        var marker = new FrozenMarker(_folder);
        Assert.False(marker.IsLost);
        marker.Create();
        Assert.False(marker.IsLost);

        File.Delete(marker.Path);
        Assert.True(marker.IsLost);
        var other = new FrozenMarker(_folder);
        other.Create();
        Assert.True(marker.IsLost);
        Assert.False(marker.Remove());
        Assert.True(other.Exists());

        // It takes over what is there, as the next agent does.
        marker.Adopt();
        Assert.False(marker.IsLost);
        Assert.False(marker.TryAdopt(marker.Inode!.Value + 1));
        Assert.True(marker.TryAdopt(other.Inode!.Value));
        Assert.True(marker.Remove());
        Assert.True(other.IsLost);
    }

    [Fact]
    public void Marker_is_made_anew_where_one_lies_and_follows_no_link()
    {
        var elsewhere = Path.Combine(_folder, "elsewhere");
        var marker = new FrozenMarker(_folder);
        File.CreateSymbolicLink(marker.Path, elsewhere);

        marker.Create();

        Assert.False(File.Exists(elsewhere));
        Assert.Null(new FileInfo(marker.Path).LinkTarget);
        Assert.False(marker.IsLost);
    }

    /// <summary>An immutable file, as on a directory that can be read only; a marker that is not there is but missed.</summary>
    [ToolFact("chattr", NeedsRoot = true)]
    public void Marker_of_an_earlier_freeze_that_can_not_be_replaced_is_an_error()
    {
        var marker = new FrozenMarker(_folder);
        File.WriteAllText(marker.Path, "");
        Assert.Equal(0, ProcessRun.Of("chattr", ["+i", marker.Path]).ExitCode);
        try
        {
            var failure = Assert.Throws<SystemCallException>(marker.Create);

            Assert.Equal(
                $"failed to freeze: unable to replace {marker.Path}, which an earlier freeze has left: Operation not permitted", failure.Message);
        }
        finally
        {
            Assert.Equal(0, ProcessRun.Of("chattr", ["-i", marker.Path]).ExitCode);
        }

        marker.Create();
    }

    [Fact]
    public void Directory_in_the_place_of_the_marker_is_none()
    {
        var marker = new FrozenMarker(_folder);
        Directory.CreateDirectory(marker.Path);

        Assert.Throws<StateException>(marker.Create);
        Assert.False(marker.IsThere);
    }

    [Fact]
    public void Marker_that_can_not_be_looked_at_is_no_answer()
    {
        var marker = new FrozenMarker(_folder);
        File.CreateSymbolicLink(marker.Path, "qga.state.isfrozen");

        var failure = Assert.Throws<SystemCallException>(() => marker.Exists());

        Assert.Equal($"unable to access state file at path {marker.Path}: Too many levels of symbolic links", failure.Message);
    }

    [Theory]
    [InlineData("file")]
    [InlineData("file/below")]
    [InlineData("loop")]
    [InlineData("missing")]
    public void No_marker_is_where_no_directory_is(string directory)
    {
        File.WriteAllText(Path.Combine(_folder, "file"), "");
        File.CreateSymbolicLink(Path.Combine(_folder, "loop"), "loop");

        Assert.False(new FrozenMarker(Path.Combine(_folder, directory)).Exists());
    }

    [Fact]
    public void Failures_have_two_lines_for_the_log()
    {
        var marker = new FrozenMarker(Path.Combine(_folder, "missing"));

        Assert.Equal(
            [
                $"unable to open/create file {marker.Path}: No such file or directory",
                $"unable to create {marker.Path}, fsfreeze may not function properly",
            ],
            Assert.Throws<StateException>(marker.Create).Lines);
        Assert.Equal(
            [
                $"unable to delete file: {marker.Path}: No such file or directory",
                $"unable to delete {marker.Path}, fsfreeze may not function properly",
            ],
            Assert.Throws<StateException>(() => marker.Remove()).Lines);
    }
}
