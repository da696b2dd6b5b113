using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Testing;

namespace Qga.Platform.Tests.Native;

public sealed class PassingTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly SafeFileHandle _outbox;
    private readonly SafeFileHandle _inbox;

    public PassingTests() => Assert.Equal(Errno.Success, LibC.ConnectedPair(out _outbox, out _inbox));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(LibC.MostPassed)]
    public void Files_come_in_their_order(int count)
    {
        var files = Enumerable.Range(0, count).Select(number => TestLibC.Open(_scratch.Write($"{number}", $"{number}"), LibC.O_RDONLY)).ToList();
        Assert.Equal(Errno.Success, LibC.Pass(_outbox, [.. files], "\0"u8));
        files.ForEach(file => file.Dispose());

        Assert.Equal([.. Enumerable.Range(0, count).Select(number => $"{number}")], Take(count));
    }

    [Fact]
    public void Messages_are_kept_apart()
    {
        using var one = TestLibC.Open(_scratch.Write("1", "one"), LibC.O_RDONLY);
        using var other = TestLibC.Open(_scratch.Write("2", "two"), LibC.O_RDONLY);
        Assert.Equal(Errno.Success, LibC.Pass(_outbox, [one], "\0"u8));
        Assert.Equal(Errno.Success, LibC.Pass(_outbox, [other, one], "\0"u8));

        Assert.Equal(["one"], Take(1));
        Assert.Equal(["two", ""], Take(2));     // the one was read to its end
    }

    [Fact]
    public void More_than_there_is_room_for_is_an_error_and_leaves_nothing_open()
    {
        using var file = TestLibC.Open(_scratch.Write("1", "one"), LibC.O_RDONLY);
        Assert.Equal(Errno.Success, LibC.Pass(_outbox, [file, file, file, file, file, file], "\0"u8));

        var numbers = new int[2];
        Assert.Equal(Errno.EMFILE, LibC.Take((int)_inbox.DangerousGetHandle(), numbers));
        Assert.Equal([0, 0], numbers);
        Assert.Equal(1, Directory.GetFiles("/proc/self/fd").Count(link => new FileInfo(link).LinkTarget == _scratch.PathOf("1")));
    }

    [Fact]
    public void Nothing_that_has_come_is_an_error() =>
        Assert.Equal(Errno.EAGAIN, LibC.Take((int)_inbox.DangerousGetHandle(), new int[1]));

    public void Dispose()
    {
        _outbox.Dispose();
        _inbox.Dispose();
        _scratch.Dispose();
    }

    private List<string> Take(int count)
    {
        var numbers = new int[count];
        Assert.Equal(Errno.Success, LibC.Take((int)_inbox.DangerousGetHandle(), numbers));
        return [.. numbers.Select(number =>
        {
            using var file = new SafeFileHandle(number, ownsHandle: true);
            Assert.Equal(Errno.EBADF, LibC.Inherited(number));      // close-on-exec
            Assert.Equal(Errno.Success, LibC.ReadToEnd(file, out var content));
            return System.Text.Encoding.ASCII.GetString(content);
        })];
    }
}
