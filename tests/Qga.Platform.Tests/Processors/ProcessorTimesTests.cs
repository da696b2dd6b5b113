using Qga.Platform.Processors;

namespace Qga.Platform.Tests.Processors;

public class ProcessorTimesTests
{
    [Fact]
    public void Times_of_every_processor_are_milliseconds()
    {
        const string Text = "cpu  3 5 7 9 11 13 15 17 19 21\ncpu0 1 2 3 4 5 6 7 8 9 10\ncpu12 2 3 4 5 6 7 8 9 10 11\nintr 5 cpu1\nctxt 7\n";

        Assert.Equal(["0: 10 20 30 40 50 60 70 80 90 100", "12: 20 30 40 50 60 70 80 90 100 110"], Parse(Text));
    }

    [Fact]
    public void Old_kernel_counts_less_and_a_newer_one_may_count_more()
    {
        Assert.Equal(
            ["0: 10 20 30 40", "1: 10 20 30 40 50", "2: 10 20 30 40 50 60 70 80 90 100"],
            Parse("cpu0 1 2 3 4\ncpu1 1 2 3 4 5\ncpu2 1 2 3 4 5 6 7 8 9 10 11 12"));
    }

    [Theory]
    [InlineData("cpu1 1 2 3")]
    [InlineData("cpu1 1 2 x 4 5")]
    [InlineData("cpu1 -1 2 3 4 5")]
    [InlineData("cpu1 18446744073709551616 2 3 4 5")]
    [InlineData("cpu1")]
    [InlineData("cpux 1 2 3 4 5")]
    [InlineData("cpu1x 1 2 3 4 5")]
    [InlineData("cpu-1 1 2 3 4 5")]
    [InlineData("")]
    public void Line_that_makes_no_sense_is_left_out(string line) =>
        Assert.Equal(["0: 10 20 30 40", "2: 10 20 30 40"], Parse($"cpu0 1 2 3 4\n{line}\ncpu2 1 2 3 4\n"));

    [Fact]
    public void Ticks_are_converted_without_an_overflow_on_the_way() =>
        Assert.Equal(["0: 18446744073709551 1000 999 0"], Parse("cpu0 18446744073709551 1000 999 0", ticksPerSecond: 1000));

    [Fact]
    public void Ticks_need_not_divide_a_second_evenly() => Assert.Equal(["0: 0 0 1 999"], Parse("cpu0 0 1 2 1023", ticksPerSecond: 1024));

    [Fact]
    public void Nothing_is_no_processor() => Assert.Empty(Parse(""));

    private static IEnumerable<string> Parse(string text, ulong ticksPerSecond = 100) =>
        ProcessorTimes.Parse(System.Text.Encoding.ASCII.GetBytes(text), ticksPerSecond)
            .Select(times => $"{times.Processor}: {string.Join(' ', times.Milliseconds)}");
}
