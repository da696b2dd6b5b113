using System.Runtime.Versioning;
using System.Text;
using Qga.Platform.Configuration;

namespace Qga.Platform.Tests.Configuration;

/// <summary>What a comparison with the real qemu-ga can't show; the syntax itself is compared in Qga.Host.Tests.</summary>
[SupportedOSPlatform("linux")]
public sealed class KeyFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qga-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("")]
    [InlineData(" leading, inner and trailing ")]
    [InlineData("\t \n\r\\s é 😀 \u0001")]
    public void Value_that_was_set_is_read_back(string value)
    {
        var file = KeyFile.Parse([]);
        file.Set("a", "before", true);
        file.Set("b", "key", value);

        var read = KeyFile.Parse(file.ToBytes());

        Assert.Equal(value, read.GetString("b", "key"));
        Assert.True(read.GetBoolean("a", "before"));
        Assert.Equal(["a", "b"], read.Groups);
    }

    [Fact]
    public void Groups_of_one_name_are_one_group_and_the_last_value_counts()
    {
        var file = KeyFile.Parse("[a]\nx=1\n[b]\n[a]\ny=2\nx=3\n"u8);

        Assert.Equal("[a]\nx=3\ny=2\n\n[b]\n", file.ToString());
        Assert.Equal(["x", "y"], file.Keys("a"));
        Assert.Equal(["1", "3"], file.GetStrings("a", "x"));
        Assert.Equal((true, false), (file.IsRepeated("a", "x"), file.IsRepeated("a", "y")));
        Assert.Empty(file.Keys("c"));
    }

    [Fact]
    public void Missing_keys_have_no_value()
    {
        var file = KeyFile.Parse("[a]\n"u8);

        Assert.Null(file.GetString("a", "x"));
        Assert.Null(file.GetBoolean("a", "x"));
        Assert.Null(file.GetInt32("b", "x"));
        Assert.Empty(file.GetStrings("a", "x"));
    }

    [Theory]
    [InlineData("5x")]
    [InlineData("5\v")]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("0x5")]
    [InlineData("2147483648")]
    public void Value_that_is_no_number_is_refused(string value)
    {
        var file = KeyFile.Parse(Encoding.UTF8.GetBytes($"[a]\nx={value}\n"));

        var failure = Assert.Throws<KeyFileException>(() => file.GetInt32("a", "x"));

        Assert.Equal("Key file contains key “x” which has a value that cannot be interpreted.", failure.Message);
    }

    [Fact]
    public void Missing_file_is_none() => Assert.Null(KeyFile.Load(Path.Combine(_folder, "missing")));

    [Fact]
    public void Fifo_in_place_of_the_file_does_not_hold_up_the_start()
    {
        var path = Path.Combine(_folder, "fifo");
        Testing.ProcessRun.Of("mkfifo", [path]);

        Assert.Equal("Not a regular file", Assert.Throws<KeyFileException>(() => KeyFile.Load(path)).Message);
    }

    [Theory]
    [InlineData("0600", true)]
    [InlineData("0644", true)]
    [InlineData("0664", false)]
    [InlineData("0602", false)]
    public void File_that_others_can_write_is_not_trusted(string mode, bool trusted)
    {
        var path = Path.Combine(_folder, "file");
        File.WriteAllText(path, "[a]\n");
        File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32(mode, 8));

        var failure = Record.Exception(() => KeyFile.LoadTrusted(path));

        Assert.NotNull(KeyFile.Load(path));
        Assert.Equal(
            trusted ? null : $"the file is writable by group or others (mode {mode}), which would let them control the agent", failure?.Message);
    }
}
