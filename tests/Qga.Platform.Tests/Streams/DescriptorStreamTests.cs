using System.Text;
using Qga.Platform.Native;
using Qga.Platform.Streams;

namespace Qga.Platform.Tests.Streams;

public sealed class DescriptorStreamTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qga-test-").FullName;
    private readonly string _path;

    public DescriptorStreamTests() => _path = Path.Combine(_folder, "file");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Bytes_go_both_ways_until_the_other_side_closes()
    {
        var (ours, theirs) = Pair();
        await using var end = ours;

        await ours.WriteAsync("question"u8.ToArray());
        Assert.Equal("question", await ReadText(theirs));
        var read = ReadText(ours);
        Assert.False(read.IsCompleted);
        await theirs.WriteAsync("answer"u8.ToArray());
        Assert.Equal("answer", await read);

        await theirs.DisposeAsync();
        Assert.Equal("", await ReadText(ours));
        Assert.Equal("", await ReadText(ours));
        Assert.Equal("write: Broken pipe", (await Assert.ThrowsAsync<SystemCallException>(async () => await ours.WriteAsync(new byte[1]))).Message);
    }

    [Fact]
    public async Task Long_write_waits_for_room_and_arrives_whole()
    {
        var (ours, theirs) = Pair();
        await using var first = ours;
        await using var second = theirs;
        var sent = new byte[8 << 20];
        new Random(1).NextBytes(sent);

        var write = ours.WriteAsync(sent).AsTask();
        Assert.False(write.IsCompleted);
        var received = new byte[sent.Length];
        await theirs.ReadExactlyAsync(received);
        await write;

        Assert.Equal(sent, received);
    }

    [Fact]
    public async Task Waiting_reads_hold_no_thread()
    {
        // More than there are threads of other tests.
        const int Count = 500;
        var pairs = Enumerable.Range(0, Count).Select(_ => Pair()).ToList();
        var reads = pairs.ConvertAll(pair => ReadText(pair.Ours));
        Assert.All(reads, read => Assert.False(read.IsCompleted));
        Assert.InRange(Directory.GetDirectories("/proc/self/task").Length, 1, Count - 1);

        for (var last = Count - 1; last >= 0; last--)
        {
            await pairs[last].Theirs.WriteAsync(Encoding.UTF8.GetBytes($"{last}"));
            Assert.Equal($"{last}", await reads[last]);
        }

        foreach (var (ours, theirs) in pairs)
        {
            await ours.DisposeAsync();
            await theirs.DisposeAsync();
        }
    }

    [Fact]
    public async Task Read_and_write_wait_side_by_side()
    {
        var (ours, theirs) = Pair();
        await using var first = ours;
        await using var second = theirs;

        var read = ReadText(ours);
        var write = ours.WriteAsync(new byte[1 << 20]).AsTask();
        await theirs.WriteAsync("x"u8.ToArray());
        Assert.Equal("x", await read);
        Assert.False(write.IsCompleted);
        await theirs.ReadExactlyAsync(new byte[1 << 20]);
        await write;
    }

    [Fact]
    public async Task Cancelled_write_ends_and_the_stream_goes_on()
    {
        var (ours, theirs) = Pair();
        await using var first = ours;
        using var cancellation = new CancellationTokenSource();

        var write = ours.WriteAsync(new byte[8 << 20], cancellation.Token).AsTask();
        Assert.False(write.IsCompleted);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);

        var next = ours.WriteAsync("next"u8.ToArray()).AsTask();
        var received = new MemoryStream();
        var copy = theirs.CopyToAsync(received);
        await next;
        await ours.DisposeAsync();
        await copy;
        await theirs.DisposeAsync();

        var bytes = received.ToArray();
        Assert.EndsWith("\0next", Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
        Assert.InRange(bytes.Length, 5, (8 << 20) - 1);
    }

    [Fact]
    public async Task Cancelled_token_writes_nothing()
    {
        var (ours, theirs) = Pair();
        await using var second = theirs;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await ours.WriteAsync("x"u8.ToArray(), new CancellationToken(canceled: true)));
        await ours.DisposeAsync();

        Assert.Equal("", await ReadText(theirs));
    }

    [Fact]
    public async Task Disposing_wakes_what_waits()
    {
        var (ours, theirs) = Pair();
        await using var second = theirs;
        var read = ReadText(ours);
        var write = ours.WriteAsync(new byte[8 << 20]).AsTask();
        Assert.False(read.IsCompleted);
        Assert.False(write.IsCompleted);

        await ours.DisposeAsync();

        Assert.Equal("read: Bad file descriptor", (await Assert.ThrowsAsync<SystemCallException>(() => read)).Message);
        Assert.Equal("write: Bad file descriptor", (await Assert.ThrowsAsync<SystemCallException>(() => write)).Message);
        await ours.DisposeAsync();
        Assert.Equal(Errno.EBADF, (await Assert.ThrowsAsync<SystemCallException>(() => ReadText(ours))).Errno);
    }

    [Fact]
    public async Task Port_without_a_host_waits_and_tells_of_each_that_leaves_once()
    {
        TestLibC.MakeFifo(_path);
        await using var port = new DescriptorStream(TestLibC.Open(_path, LibC.O_RDONLY | LibC.O_NONBLOCK), EndOfFile.HostDetached);

        var read = ReadText(port);
        foreach (var host in new[] { "first", "second" })
        {
            Assert.False(read.IsCompleted);
            await using (var writer = new DescriptorStream(TestLibC.Open(_path, LibC.O_WRONLY | LibC.O_NONBLOCK), EndOfFile.Final))
                await writer.WriteAsync(Encoding.UTF8.GetBytes(host));
            Assert.Equal(host, await read);
            Assert.Equal("", await ReadText(port));
            read = ReadText(port);
        }

        await port.DisposeAsync();
        await Assert.ThrowsAsync<SystemCallException>(() => read);
    }

    [Fact]
    public async Task Regular_file_in_place_of_a_port_is_read_as_it_grows()
    {
        await File.WriteAllTextAsync(_path, "first");
        await using var port = SerialPorts.OpenVirtio(_path);

        Assert.Equal("first", await ReadText(port));
        Assert.Equal("", await ReadText(port));
        var read = ReadText(port);
        Assert.False(read.IsCompleted);
        await File.AppendAllTextAsync(_path, "second");
        Assert.Equal("second", await read);

        Assert.Equal("", await ReadText(port));
        read = ReadText(port);
        Assert.False(read.IsCompleted);
        await port.DisposeAsync();
        await Assert.ThrowsAsync<SystemCallException>(() => read);
    }

    [Fact]
    public async Task Serial_line_carries_every_byte_as_it_is()
    {
        var (masterEnd, path) = TestLibC.Pty();
        await using var master = new DescriptorStream(masterEnd, EndOfFile.Final);
        await using var line = SerialPorts.OpenIsa(path);
        var everyByte = Enumerable.Range(0, 256).Select(value => (byte)value).ToArray();
        var received = new byte[256];

        await master.WriteAsync(everyByte);
        await line.ReadExactlyAsync(received);
        Assert.Equal(everyByte, received);

        Array.Clear(received);
        await line.WriteAsync(everyByte);
        await master.ReadExactlyAsync(received);
        Assert.Equal(everyByte, received);
    }

    [Fact]
    public async Task Serial_line_that_is_hung_up_ends_a_waiting_read()
    {
        var (master, path) = TestLibC.Pty();
        await using var line = SerialPorts.OpenIsa(path);
        var read = ReadText(line);
        Assert.False(read.IsCompleted);

        master.Dispose();

        Assert.Equal("", await read);
        Assert.Equal(
            "write: Input/output error", (await Assert.ThrowsAsync<SystemCallException>(async () => await line.WriteAsync(new byte[1]))).Message);
    }

    [Fact]
    public void Port_that_is_missing_is_named()
    {
        Assert.Equal(
            $"error opening channel '{_path}': No such file or directory",
            Assert.Throws<SystemCallException>(() => SerialPorts.OpenVirtio(_path)).Message);
        Assert.Equal(
            $"error opening channel '{_path}': No such file or directory",
            Assert.Throws<SystemCallException>(() => SerialPorts.OpenIsa(_path)).Message);
    }

    private static (DescriptorStream Ours, DescriptorStream Theirs) Pair()
    {
        var (ours, theirs) = TestLibC.SocketPair();
        return (new DescriptorStream(ours, EndOfFile.Final), new DescriptorStream(theirs, EndOfFile.Final));
    }

    private static async Task<string> ReadText(DescriptorStream stream)
    {
        var buffer = new byte[4096];
        var count = await stream.ReadAsync(buffer);
        return Encoding.UTF8.GetString(buffer, 0, count);
    }
}
