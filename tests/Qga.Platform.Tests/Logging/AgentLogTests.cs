using System.Globalization;
using System.Text;
using Qga.Platform.Logging;
using Qga.Platform.Native;
using Qga.Platform.Streams;

namespace Qga.Platform.Tests.Logging;

public sealed class AgentLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qga-test-").FullName;
    private readonly string _path;

    public AgentLogTests() => _path = Path.Combine(_folder, "log");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Line_has_time_level_and_text()
    {
        using (var log = Open())
            log.Write(LogLevel.Warning, "a naïve text");

        Assert.Matches(@"^[0-9]{10}\.[0-9]{6}: warning: a naïve text\n$", File.ReadAllText(_path));
    }

    [Fact]
    public void Line_feed_in_a_text_makes_no_line_and_one_at_its_end_no_empty_one()
    {
        using (var log = Open())
        {
            log.Write(LogLevel.Warning, "/mnt/a\n0.0: error: forged");
            log.Write(LogLevel.Warning, "a program said: no\n");
        }

        Assert.Equal([@"warning: /mnt/a\n0.0: error: forged", "warning: a program said: no"], Texts());
    }

    [Fact]
    public void Verbose_log_has_all_levels_and_a_quiet_one_warnings_and_worse()
    {
        WriteAllLevels(Open(isVerbose: true));
        WriteAllLevels(Open());

        Assert.Equal(
            ["error: Error", "critical: Critical", "warning: Warning", "info: Info", "debug: Debug", "error: Error", "critical: Critical", "warning: Warning"],
            Texts());

        static void WriteAllLevels(AgentLog log)
        {
            foreach (var level in Enum.GetValues<LogLevel>())
                log.Write(level, $"{level}");
            log.Dispose();
        }
    }

    [Fact]
    public void Writes_tells_which_levels_are_logged()
    {
        using var quiet = Open();
        using var verbose = Open(isVerbose: true);

        Assert.Equal([true, true, true, false, false], Enum.GetValues<LogLevel>().Select(quiet.Writes));
        Assert.All(Enum.GetValues<LogLevel>(), level => Assert.True(verbose.Writes(level)));
    }

    [Fact]
    public void Log_is_appended_to()
    {
        File.WriteAllText(_path, "0.0: info: earlier\n");
        using (var log = Open())
            log.Write(LogLevel.Error, "later");

        Assert.Equal(["info: earlier", "error: later"], Texts());
    }

    [Fact]
    public void Log_that_cannot_be_opened_is_reported() => Assert.Equal(
        "unable to open specified log file: Is a directory",
        Assert.Throws<SystemCallException>(() => AgentLog.Open(_folder, isVerbose: false)).Message);

    [Fact]
    public void Log_that_was_renamed_goes_on_in_a_new_file()
    {
        var renamed = _path + ".1";
        using (var log = Open())
        {
            log.Write(LogLevel.Error, "before");
            Assert.True(log.Hold(TimeSpan.FromSeconds(30)));
            log.Release();
            File.Move(_path, renamed);
            log.Reopen(_path);
            Assert.True(SpinWait.SpinUntil(() => File.Exists(_path), TimeSpan.FromSeconds(30)));
            log.Write(LogLevel.Error, "after");
        }

        Assert.Equal(["error: after"], Texts());
        Assert.EndsWith("error: before\n", File.ReadAllText(renamed), StringComparison.Ordinal);
    }

    [Fact]
    public void Log_that_cannot_be_opened_anew_stays_where_it_is()
    {
        using (var log = Open())
        {
            log.Reopen(_folder);
            log.Write(LogLevel.Error, "after");
        }

        Assert.Equal(["critical: unable to open specified log file: Is a directory", "error: after"], Texts());
    }

    [Fact]
    public void Log_is_opened_anew_only_after_a_hold()
    {
        var renamed = _path + ".1";
        using (var log = Open())
        {
            Assert.True(log.Hold(TimeSpan.FromSeconds(30)));
            log.Write(LogLevel.Error, "held");
            log.Reopen(renamed);
            Assert.True(log.Hold(TimeSpan.FromSeconds(30)));
            Assert.False(File.Exists(renamed));
            log.Release();
        }

        Assert.Empty(Texts());
        Assert.EndsWith("error: held\n", File.ReadAllText(renamed), StringComparison.Ordinal);
    }

    [Fact]
    public void Dispose_writes_out_the_rest()
    {
        using (var log = Open())
        {
            for (var number = 0; number < 1000; number++)
                log.Write(LogLevel.Error, $"{number}");
        }

        Assert.Equal(Enumerable.Range(0, 1000).Select(number => $"error: {number}"), Texts());
    }

    [Fact]
    public void Disposed_log_takes_nothing()
    {
        var log = Open();
        log.Write(LogLevel.Error, "before");
        log.Dispose();
        log.Write(LogLevel.Error, "after");

        Assert.Equal(["error: before"], Texts());
    }

    [Fact]
    public async Task Held_up_log_drops_lines_and_says_so_once()
    {
        const int Sent = 20_000;
        await using var reader = OpenReader();
        var log = Open();
        for (var number = 0; number < Sent; number++)
            log.Write(LogLevel.Error, $"{number}");

        const string Notice = " lines for the log were dropped: it was held up";
        var received = new List<byte>();
        while (!Encoding.UTF8.GetString([.. received]).EndsWith(Notice + "\n", StringComparison.Ordinal))
            received.AddRange(await ReadBlock(reader));
        log.Dispose();
        Assert.Empty(await ReadBlock(reader));

        var lines = Texts([.. received]);
        var numbers = lines[..^1].Select(line => int.Parse(line["error: ".Length..], CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(numbers.Order().Distinct(), numbers);
        Assert.Equal($"warning: {Sent - numbers.Count}{Notice}", lines[^1]);
    }

    [Fact]
    public async Task Held_up_log_does_not_keep_the_agent_from_its_end()
    {
        await using var reader = OpenReader();
        var log = Open();
        for (var number = 0; number < 10_000; number++)
            log.Write(LogLevel.Error, $"{number}");

        log.Dispose();

        // The reader still holds the pipe full: the log has ended without it.
        Assert.Equal("error: 0", Texts(await ReadBlock(reader))[0]);
    }

    private AgentLog Open(bool isVerbose = false) => AgentLog.Open(_path, isVerbose);

    /// <summary>Puts a FIFO in place of the log, which takes 64 KiB before it has to be read.</summary>
    private DescriptorStream OpenReader()
    {
        TestLibC.MakeFifo(_path);
        return new DescriptorStream(TestLibC.Open(_path, LibC.O_RDONLY | LibC.O_NONBLOCK), EndOfFile.Final);
    }

    private string[] Texts() => Texts(File.ReadAllBytes(_path));

    private static string[] Texts(byte[] log) =>
        [.. from line in Encoding.UTF8.GetString(log).Split('\n', StringSplitOptions.RemoveEmptyEntries) select line.Split(": ", 2)[1]];

    private static async Task<byte[]> ReadBlock(DescriptorStream reader)
    {
        var block = new byte[65536];
        return block[..await reader.ReadAsync(block)];
    }
}
