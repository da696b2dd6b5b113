using Qga.Platform.Processors;
using Qga.Testing;

namespace Qga.Platform.Tests.Processors;

public sealed class LinuxProcessorInventoryTests : IDisposable
{
    private readonly ScratchDirectory _root = new();
    private readonly LinuxProcessorInventory _inventory;

    public LinuxProcessorInventoryTests()
    {
        Directory.CreateDirectory(Cpu);
        _inventory = new LinuxProcessorInventory(_root.Root, _root.Root);
    }

    private string Cpu => _root.PathOf("devices/system/cpu");

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Processor_is_told_as_its_file_has_it_and_works_always_without_one()
    {
        Add(0, online: null);
        Add(1, "1\n");
        Add(2, "0\n");
        Add(4095, "0");
        foreach (var other in new[] { "cpufreq", "cpuidle", "cpu", "cpu-1", "cpu1x", "cpu99999999999999999999", "power" })
            Directory.CreateDirectory($"{Cpu}/{other}");
        File.WriteAllText($"{Cpu}/present", "0-2\n");

        Assert.Equal(
            [new(0, true, false), new(1, true, true), new(2, false, true), new Processor(4095, false, true)],
            _inventory.Processors().OrderBy(processor => processor.Id));
    }

    [Fact]
    public void Processors_come_in_the_order_of_their_directory()
    {
        for (var number = 0; number < 20; number++)
            Add(number, "1\n");

        Assert.Equal(
            ProcessRun.Of("ls", ["-U", Cpu]).Output.TrimEnd('\n').Split('\n'),
            _inventory.Processors().Select(processor => $"cpu{processor.Id}"));
    }

    [Fact]
    public void Machine_that_tells_of_no_processor_is_an_error()
    {
        Assert.Equal($"no processors in {Cpu}", ErrorOf(() => _inventory.Processors()));

        Directory.Delete(Cpu);
        Assert.Equal($"failed to list entries: {Cpu}: No such file or directory", ErrorOf(() => _inventory.Processors()));
    }

    [Fact]
    public void File_without_a_word_is_an_error_with_its_name()
    {
        Add(3, "");

        Assert.Equal($"pread(\"{Cpu}/cpu3/online\"): unexpected EOF", ErrorOf(() => _inventory.Processors()));
        Assert.Equal($"pread(\"{Cpu}/cpu3/online\"): unexpected EOF", ErrorOf(() => _inventory.SetOnline(3, isOnline: true)));
    }

    [Theory]
    [InlineData("0\n", true, "1\n")]
    [InlineData("1\n", false, "0\n")]
    public void Processor_is_told_to_work_or_rest(string before, bool isOnline, string after)
    {
        Add(1, before);

        _inventory.SetOnline(1, isOnline);

        // Written over what was there, and nothing cut off: a file of /sys takes the word alone.
        Assert.Equal(after, File.ReadAllText($"{Cpu}/cpu1/online"));
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("0", false)]
    public void Nothing_is_written_where_it_is_so_already(string state, bool isOnline)
    {
        Add(1, state);
        File.SetLastWriteTimeUtc($"{Cpu}/cpu1/online", DateTime.UnixEpoch);

        _inventory.SetOnline(1, isOnline);

        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc($"{Cpu}/cpu1/online"));
    }

    [Fact]
    public void Processor_without_a_file_cannot_rest_and_works_anyway()
    {
        Add(0, online: null);

        _inventory.SetOnline(0, isOnline: true);

        Assert.Equal("logical processor #0 can't be offlined", ErrorOf(() => _inventory.SetOnline(0, isOnline: false)));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void Processor_that_is_not_there_is_an_error(long number) => Assert.Equal(
        $"Could not open '{Cpu}/cpu{number}/': No such file or directory", ErrorOf(() => _inventory.SetOnline(number, isOnline: true)));

    [Fact]
    public void Refusal_of_the_kernel_is_an_error_with_its_reason()
    {
        Add(1, "1\n");
        File.Delete($"{Cpu}/cpu1/online");
        Directory.CreateDirectory($"{Cpu}/cpu1/online");

        Assert.Equal($"pread(\"{Cpu}/cpu1/online\"): Is a directory", ErrorOf(() => _inventory.SetOnline(1, isOnline: false)));
    }

    [Fact]
    public void Times_come_from_the_kernel()
    {
        _root.Write("stat", "cpu0 1 2 3 4\n");
        Assert.Equal([10UL, 20, 30, 40], Assert.Single(_inventory.Times()).Milliseconds);

        File.Delete(_root.PathOf("stat"));
        Assert.Equal($"open(\"{_root.Root}/stat\"): No such file or directory", ErrorOf(() => _inventory.Times()));
    }

    [Fact]
    public void Machine_of_the_tests_has_processors_times_and_a_load()
    {
        var machine = new LinuxProcessorInventory();

        Assert.NotEmpty(machine.Processors());
        Assert.NotEmpty(machine.Times());
        Assert.All([machine.Load().OneMinute, machine.Load().FiveMinutes, machine.Load().FifteenMinutes], load => Assert.True(load >= 0));
    }

    private static string ErrorOf(Action action) => Assert.ThrowsAny<PlatformException>(action).Message;

    private void Add(int number, string? online)
    {
        Directory.CreateDirectory($"{Cpu}/cpu{number}");
        if (online is not null)
            File.WriteAllText($"{Cpu}/cpu{number}/online", online);
    }
}
