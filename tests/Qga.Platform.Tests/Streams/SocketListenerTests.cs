using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.Streams;

namespace Qga.Platform.Tests.Streams;

[SupportedOSPlatform("linux")]
public sealed class SocketListenerTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _folder = Directory.CreateTempSubdirectory("qga-test-").FullName;
    private readonly string _path;

    public SocketListenerTests() => _path = Path.Combine(_folder, "socket");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Clients_are_accepted_and_served_independently()
    {
        const int Count = 100;
        using var listener = Listen();
        var clients = new List<(Socket Client, DescriptorStream Served)>();

        for (var number = 0; number < Count; number++)
        {
            var accept = listener.AcceptAsync().AsTask();
            Assert.False(accept.IsCompleted);
            clients.Add((Connect(), await accept));
        }

        for (var number = Count - 1; number >= 0; number--)
        {
            var (client, served) = clients[number];
            client.Send(Encoding.UTF8.GetBytes($"{number}"));
            var buffer = new byte[16];
            Assert.Equal($"{number}", Encoding.UTF8.GetString(buffer, 0, await served.ReadAsync(buffer)));
            await served.DisposeAsync();
            Assert.Equal(0, client.Receive(buffer));
            client.Dispose();
        }
    }

    [Fact]
    public async Task Clients_that_came_at_once_are_all_accepted()
    {
        using var listener = Listen();
        var clients = Enumerable.Range(0, 20).Select(_ => Connect()).ToList();

        foreach (var client in clients)
        {
            await (await listener.AcceptAsync()).DisposeAsync();
            client.Dispose();
        }

        Assert.False(listener.AcceptAsync().AsTask().IsCompleted);
    }

    [Fact]
    public void Socket_file_is_at_no_moment_open_to_others()
    {
        // Somebody looks at it all the time; the last look is at the socket that stays.
        var seen = new HashSet<UnixFileMode>();
        using var enough = new CancellationTokenSource();
        var observer = new Thread(() =>
        {
            for (var last = false; !last;)
            {
                last = enough.IsCancellationRequested;
                if (LibC.Status(_path, out var status) == Errno.Success)
                    seen.Add(status.Permissions);
            }
        });
        observer.Start();

        TestLibC.WithUmask("0", () =>
        {
            for (var round = 0; round < 1000; round++)
            {
                File.Delete(_path);
                Listen().Dispose();
            }
        });
        enough.Cancel();
        observer.Join();

        Assert.Equal([OwnerOnly], seen);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("077")]
    public void Socket_file_has_the_mode_that_is_asked_for_whatever_the_umask(string umask)
    {
        const UnixFileMode Mode = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

        TestLibC.WithUmask(umask, () => SocketListener.ListenUnix(_path, Mode).Dispose());

        Assert.Equal(Mode, File.GetUnixFileMode(_path));
    }

    [Fact]
    public async Task Stale_socket_is_replaced()
    {
        Listen().Dispose();
        Assert.True(File.Exists(_path));

        using var listener = Listen();
        using var client = Connect();
        await (await listener.AcceptAsync()).DisposeAsync();
    }

    [Fact]
    public async Task Socket_of_a_live_process_is_left_alone()
    {
        using var listener = Listen();

        Assert.Equal(
            $"Failed to bind socket to {_path}: another process listens on it", Assert.Throws<PlatformException>(() => Listen()).Message);

        await (await listener.AcceptAsync()).DisposeAsync();    // that was the question whether anybody listens
        using var client = Connect();
        await (await listener.AcceptAsync()).DisposeAsync();
    }

    [Fact]
    public void Plain_file_is_left_alone()
    {
        File.WriteAllText(_path, "mine");

        Assert.Equal(
            $"Failed to bind socket to {_path}: the path exists and is not a socket", Assert.Throws<PlatformException>(() => Listen()).Message);
        Assert.Equal("mine", File.ReadAllText(_path));
    }

    [Fact]
    public void Folder_must_exist() => Assert.Equal(
        $"Failed to bind socket to {_path}/x: No such file or directory",
        Assert.Throws<SystemCallException>(() => SocketListener.ListenUnix(_path + "/x", OwnerOnly)).Message);

    [Fact]
    public void Longest_path_is_taken_and_a_longer_one_refused()
    {
        var longest = _folder + "/" + new string('x', LibC.UnixPathSize - 2 - _folder.Length);
        SocketListener.ListenUnix(longest, OwnerOnly).Dispose();
        Assert.True(File.Exists(longest));

        Assert.Equal(
            $"UNIX socket path '{longest}x' is too long",
            Assert.Throws<PlatformException>(() => SocketListener.ListenUnix(longest + "x", OwnerOnly)).Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0abstract")]
    public void Abstract_address_which_no_file_mode_guards_is_refused(string path) =>
        Assert.Equal(
            $"Failed to bind socket to '{path}': Invalid argument",
            Assert.Throws<SystemCallException>(() => SocketListener.ListenUnix(path, OwnerOnly)).Message);

    [Fact]
    public async Task Socket_of_a_service_manager_is_taken_over()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_path));
        socket.Listen();
        using var listener = SocketListener.Adopt(new SafeFileHandle(socket.Handle, ownsHandle: false), admittedCids: null);

        var accept = listener.AcceptAsync().AsTask();
        Assert.False(accept.IsCompleted);
        using var client = Connect();
        await (await accept).DisposeAsync();
    }

    [Fact]
    public async Task Disposing_wakes_a_waiting_accept()
    {
        var listener = Listen();
        var accept = listener.AcceptAsync().AsTask();
        Assert.False(accept.IsCompleted);

        listener.Dispose();

        Assert.Equal("accept: Bad file descriptor", (await Assert.ThrowsAsync<SystemCallException>(() => accept)).Message);
    }

    private SocketListener Listen() => SocketListener.ListenUnix(_path, OwnerOnly);

    private Socket Connect()
    {
        var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(_path));
        return client;
    }
}
