using Qga.Platform.Native;
using Qga.Platform.Processors;
using Qga.Testing;

namespace Qga.Platform.Tests.Processors;

public sealed class LinuxMemoryInventoryTests : IDisposable
{
    private readonly ScratchDirectory _sys = new();
    private readonly LinuxMemoryInventory _inventory;

    public LinuxMemoryInventoryTests()
    {
        Directory.CreateDirectory(Memory);
        _inventory = new LinuxMemoryInventory(_sys.Root);
    }

    private string Memory => _sys.PathOf("devices/system/memory");

    public void Dispose() => _sys.Dispose();

    [Theory]
    [InlineData("online\n", "1\n", true, true)]
    [InlineData("online\n", "0\n", true, false)]
    [InlineData("offline\n", "1\n", false, true)]
    [InlineData("online_movable\n", "1", true, true)]
    [InlineData("going-offline\n", "1\n", false, true)]
    [InlineData("online\n", null, true, false)]
    [InlineData(null, "1\n", true, false)]
    [InlineData(null, null, true, false)]
    public void Block_is_told_as_its_files_have_it(string? state, string? removable, bool isOnline, bool canOffline)
    {
        Add("7", state, removable);

        Assert.Equal([new MemoryBlock(7, isOnline, canOffline)], _inventory.Blocks());
    }

    [Fact]
    public void Blocks_come_in_the_order_of_their_directory_and_nothing_else_does()
    {
        for (var number = 0; number < 20; number++)
            Add($"{number}", "online", "1");
        var order = ProcessRun.Of("ls", ["-U", Memory]).Output.TrimEnd('\n').Split('\n');
        foreach (var other in new[] { "power", "memory", "memory-1", "memory1x", "memory18446744073709551616" })
            Directory.CreateDirectory($"{Memory}/{other}");
        Add("18446744073709551615", "online", "1");

        Assert.Equal(order, _inventory.Blocks().Where(block => block.Index < 20).Select(block => $"memory{block.Index}"));
        Assert.Equal([ulong.MaxValue], _inventory.Blocks().Select(block => block.Index).Where(index => index >= 20));
    }

    [Fact]
    public void Kernel_without_hotplug_of_memory_has_no_blocks()
    {
        Directory.Delete(Memory);

        Assert.Empty(_inventory.Blocks());
        Assert.Equal(new(MemoryBlockOutcome.OperationNotSupported, Errno.ENOENT), _inventory.SetOnline(0, isOnline: true));
        Assert.Equal($"open(\"{Memory}/\"): No such file or directory", ErrorOf(() => _inventory.BlockSize()));
    }

    [Fact]
    public void Directory_without_blocks_is_an_error() => Assert.Equal("guest reported zero memory blocks!", ErrorOf(() => _inventory.Blocks()));

    [Fact]
    public void Directory_that_is_none_is_an_error()
    {
        Directory.Delete(Memory);
        File.WriteAllText(Memory, "");

        Assert.Equal($"Can't open directory\"{Memory}/\": Not a directory", ErrorOf(() => _inventory.Blocks()));
    }

    [Fact]
    public void File_without_a_word_is_an_error_with_its_name()
    {
        Add("3", "online\n", "");

        Assert.Equal($"pread(\"{Memory}/memory3/removable\"): unexpected EOF", ErrorOf(() => _inventory.Blocks()));
    }

    [Theory]
    [InlineData("online\n", false, "offline")]
    [InlineData("offline", true, "onlinee")]
    public void Block_is_told_to_change(string before, bool isOnline, string after)
    {
        Add("7", before, removable: "0");

        Assert.Equal(MemoryBlockChange.Success, _inventory.SetOnline(7, isOnline));

        // Written over what was there, and nothing cut off: a file of /sys takes the word alone.
        Assert.Equal(after, File.ReadAllText($"{Memory}/memory7/state"));
    }

    [Theory]
    [InlineData("online\n", true)]
    [InlineData("offline\n", false)]
    public void Nothing_is_written_where_it_is_so_already(string state, bool isOnline)
    {
        Add("7", state, "1");
        File.SetLastWriteTimeUtc($"{Memory}/memory7/state", DateTime.UnixEpoch);

        Assert.Equal(MemoryBlockChange.Success, _inventory.SetOnline(7, isOnline));
        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc($"{Memory}/memory7/state"));
    }

    [Fact]
    public void Block_without_a_state_is_online_for_good()
    {
        Add("7", state: null, "1");

        Assert.Equal(MemoryBlockChange.Success, _inventory.SetOnline(7, isOnline: true));
        Assert.Equal(new(MemoryBlockOutcome.OperationNotSupported, Errno.ENOENT), _inventory.SetOnline(7, isOnline: false));
    }

    [Fact]
    public void Failure_has_its_outcome_and_its_error_number()
    {
        Add("1", "", "1");
        Add("2", state: null, "1");
        Directory.CreateDirectory($"{Memory}/memory2/state");
        File.WriteAllText($"{Memory}/memory3", "");

        Assert.Equal(new(MemoryBlockOutcome.NotFound, Errno.ENOENT), _inventory.SetOnline(ulong.MaxValue, isOnline: true));
        Assert.Equal(new(MemoryBlockOutcome.OperationFailed, Errno.Success), _inventory.SetOnline(1, isOnline: true));
        Assert.Equal(new(MemoryBlockOutcome.OperationFailed, Errno.EISDIR), _inventory.SetOnline(2, isOnline: true));
        Assert.Equal(new(MemoryBlockOutcome.OperationFailed, Errno.ENOTDIR), _inventory.SetOnline(3, isOnline: true));
    }

    [Theory]
    [InlineData("8000000\n", 0x8000000UL)]
    [InlineData("8000000000000000\n", 1UL << 63)]
    [InlineData("FFFFFFFFFFFFFFFF", ulong.MaxValue)]
    public void Size_of_a_block_is_read_as_hexadecimal(string content, ulong size)
    {
        File.WriteAllText($"{Memory}/block_size_bytes", content);

        Assert.Equal(size, _inventory.BlockSize());
    }

    [Theory]
    [InlineData("")]
    [InlineData("x\n")]
    [InlineData("80 00\n")]
    [InlineData("10000000000000000\n")]
    public void Size_that_is_no_number_is_an_error(string content)
    {
        File.WriteAllText($"{Memory}/block_size_bytes", content);

        Assert.Equal("sysfs file \"block_size_bytes\" holds no number", ErrorOf(() => _inventory.BlockSize()));
    }

    [Fact]
    public void Size_that_is_not_told_is_an_error() => Assert.Equal(
        "open sysfs file \"block_size_bytes\": No such file or directory", ErrorOf(() => _inventory.BlockSize()));

    private static string ErrorOf(Action action) => Assert.ThrowsAny<PlatformException>(action).Message;

    private void Add(string number, string? state, string? removable)
    {
        Directory.CreateDirectory($"{Memory}/memory{number}");
        if (state is not null)
            File.WriteAllText($"{Memory}/memory{number}/state", state);
        if (removable is not null)
            File.WriteAllText($"{Memory}/memory{number}/removable", removable);
    }
}
