using System.Globalization;
using System.Text;
using Qga.Platform.Logging;
using Qga.Platform.Native;
using Qga.Platform.Streams;
using Qga.Testing;

namespace Qga.Platform.Tests.Logging;

public sealed class HeldLogTests : IDisposable
{
    private static readonly TimeSpan Long = Eventually.Patience;

    private readonly ScratchDirectory _scratch = new();
    private readonly string _path;

    public HeldLogTests() => _path = _scratch.PathOf("log");

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void What_was_there_is_written_before_and_what_comes_only_after_the_hold()
    {
        using (var log = Open())
        {
            for (var number = 0; number < 1000; number++)
                log.Write(LogLevel.Error, "before");
            Assert.True(log.Hold(Long));
            log.Write(LogLevel.Error, "after");
            Assert.Equal(Enumerable.Repeat("error: before", 1000), Texts());

            log.Release();
            log.Write(LogLevel.Error, "later");
        }

        Assert.Equal([.. Enumerable.Repeat("error: before", 1000), "error: after", "error: later"], Texts());
    }

    [Fact]
    public void Held_lines_keep_their_own_time()
    {
        double before, after;
        using (var log = Open())
        {
            log.Hold(Long);
            before = Now();
            log.Write(LogLevel.Error, "held");
            after = Now();
            Eventually.True(() => Now() >= after + 0.001);
            log.Release();
        }

        // The log cuts the time off after the microseconds.
        Assert.InRange(double.Parse(File.ReadAllText(_path).Split(':')[0], CultureInfo.InvariantCulture), before - 0.00001, after);

        static double Now() => (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;
    }

    [Fact]
    public void Hold_can_be_repeated_and_ended_twice()
    {
        using (var log = Open())
        {
            Assert.True(log.Hold(Long));
            Assert.True(log.Hold(Long));
            log.Write(LogLevel.Error, "first");
            log.Release();
            log.Release();
            Assert.True(log.Hold(Long));
            log.Write(LogLevel.Error, "second");
            Assert.Equal(["error: first"], Texts());
            log.Release();
        }

        Assert.Equal(["error: first", "error: second"], Texts());
    }

    [Fact]
    public void Too_many_held_lines_lose_the_oldest_and_the_first_line_says_how_many()
    {
        using (var log = Open())
        {
            log.Hold(Long);
            for (var number = 0; number < 5000; number++)
                log.Write(LogLevel.Error, $"{number}");
            log.Release();
        }

        Assert.Equal(
            ["warning: 904 lines for the log were dropped: it was held up", .. Enumerable.Range(904, 4096).Select(number => $"error: {number}")],
            Texts());
    }

    [Fact]
    public void Held_lines_that_are_too_long_together_lose_the_oldest()
    {
        // With its time and level more than 4 KiB in memory: 252 of them have room in the 1 MiB that there is.
        var large = new string('x', 2048);
        using (var log = Open())
        {
            log.Hold(Long);
            log.Write(LogLevel.Error, "small");
            for (var number = 0; number < 252; number++)
                log.Write(LogLevel.Error, large);
            log.Write(LogLevel.Error, "last but one");
            log.Write(LogLevel.Error, large);
            log.Release();
        }

        Assert.Equal(
            [
                "warning: 2 lines for the log were dropped: it was held up",
                .. Enumerable.Repeat($"error: {large}", 251), "error: last but one", $"error: {large}",
            ],
            Texts());
    }

    [Fact]
    public void Disposed_log_drops_what_it_holds()
    {
        var log = Open();
        log.Write(LogLevel.Error, "before");
        log.Hold(Long);
        log.Write(LogLevel.Error, "held");
        log.Dispose();

        Assert.Equal(["error: before"], Texts());
    }

    [Fact]
    public async Task Log_whose_reader_does_not_read_is_held_all_the_same()
    {
        await using var reader = OpenReader();
        using var log = Open();
        var tooMuch = Enumerable.Range(0, 100).Select(number => $"{number} {new string('x', 2000)}").ToArray();
        foreach (var text in tooMuch)
            log.Write(LogLevel.Error, text);

        Assert.True(log.Hold(TimeSpan.FromMilliseconds(1)));
        log.Write(LogLevel.Error, "held");
        var reading = ReadLines(reader, tooMuch.Length + 1);
        Assert.True(await Task.Run(() => log.Hold(Long)));
        Assert.False(reading.IsCompleted);

        log.Release();
        var texts = Texts(await reading);
        Assert.Equal([.. tooMuch.Select(text => $"error: {text}"), "error: held"], texts);
    }

    [Fact]
    public void Deferred_log_opens_its_file_after_the_hold()
    {
        using (var log = AgentLog.OpenDeferred(_path, isVerbose: false))
        {
            log.Hold(Long);
            log.Write(LogLevel.Error, "held");
            Assert.False(File.Exists(_path));
            log.Release();
            log.Write(LogLevel.Error, "later");
        }

        Assert.Equal(["error: held", "error: later"], Texts());
    }

    private AgentLog Open() => AgentLog.Open(_path, isVerbose: false);

    /// <summary>Puts a FIFO in place of the log, which takes 64 KiB before it has to be read.</summary>
    private DescriptorStream OpenReader()
    {
        TestLibC.MakeFifo(_path);
        return new DescriptorStream(TestLibC.Open(_path, LibC.O_RDONLY | LibC.O_NONBLOCK), EndOfFile.Final);
    }

    private static async Task<string> ReadLines(DescriptorStream reader, int count)
    {
        var text = new StringBuilder();
        var block = new byte[65536];
        while (text.ToString().Count(character => character == '\n') < count)
            text.Append(Encoding.UTF8.GetString(block.AsSpan(0, await reader.ReadAsync(block))));
        return text.ToString();
    }

    private string[] Texts() => Texts(File.ReadAllText(_path));

    private static string[] Texts(string log) =>
        [.. from line in log.Split('\n', StringSplitOptions.RemoveEmptyEntries) select line.Split(": ", 2)[1]];
}
