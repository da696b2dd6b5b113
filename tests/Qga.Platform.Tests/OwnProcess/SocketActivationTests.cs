using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Qga.Platform.OwnProcess;

namespace Qga.Platform.Tests.OwnProcess;

/// <summary>The rules of sd_listen_fds(3), on descriptors in place of those that a service manager passes from 3 upwards.</summary>
/// <remarks>It takes and closes descriptors by their number, so nobody else may open one meanwhile.</remarks>
[CollectionDefinition(nameof(SocketActivationTests), DisableParallelization = true)]
[Collection(nameof(SocketActivationTests))]
public sealed class SocketActivationTests : IDisposable
{
    private const int First = 900;

    private readonly Dictionary<string, string?> _environment = new()
    {
        ["LISTEN_PID"] = $"{Environment.ProcessId}",
        ["LISTEN_FDS"] = "1",
    };

    public void Dispose()
    {
        CloseDescriptor(First);
        CloseDescriptor(First + 1);
    }

    [Theory]
    [InlineData("1")]
    [InlineData(" 1")]
    [InlineData("+1")]
    [InlineData("01")]
    public void Unix_socket_becomes_the_channel(string count)
    {
        Pass(AddressFamily.Unix, First);
        _environment["LISTEN_FDS"] = count;

        Assert.Equal("unix-listen", Detect()?.Method);
    }

    [Theory]
    [InlineData("LISTEN_FDS", null)]
    [InlineData("LISTEN_FDS", "")]
    [InlineData("LISTEN_FDS", "0")]
    [InlineData("LISTEN_FDS", "1 ")]
    [InlineData("LISTEN_FDS", "1x")]
    [InlineData("LISTEN_PID", null)]
    [InlineData("LISTEN_PID", "1")]
    [InlineData("LISTEN_PID", "x")]
    public void Socket_for_nobody_or_somebody_else_is_none(string variable, string? value)
    {
        Pass(AddressFamily.Unix, First);
        _environment[variable] = value;

        Assert.Null(Detect());
    }

    [Fact]
    public void Daemon_takes_the_socket_that_was_passed_to_its_launcher()
    {
        Pass(AddressFamily.Unix, First);
        _environment["LISTEN_PID"] = "42";

        Assert.Equal("unix-listen", Detect(launcher: 42)?.Method);
        Assert.Null(Detect(launcher: 43));
    }

    [Fact]
    public void Socket_of_another_family_is_refused()
    {
        Pass(AddressFamily.InterNetwork, First);

        Assert.Equal("unsupported listen fd type", Assert.Throws<SocketActivationException>(() => Detect()).Message);
    }

    [Fact]
    public void Second_socket_is_refused()
    {
        Pass(AddressFamily.Unix, First);
        Pass(AddressFamily.Unix, First + 1);
        _environment["LISTEN_FDS"] = "2";

        Assert.Equal("qemu-ga only supports listening on one socket", Assert.Throws<SocketActivationException>(() => Detect()).Message);
    }

    [Theory]
    [InlineData("2")]
    [InlineData("99999999999")]
    public void Missing_descriptor_is_named(string count)
    {
        Pass(AddressFamily.Unix, First);
        _environment["LISTEN_FDS"] = count;

        Assert.Equal(
            $"Socket activation failed: invalid file descriptor fd = {First + 1}: Bad file descriptor",
            Assert.Throws<SystemCallException>(() => Detect()).Message);
    }

    [Fact]
    public void Claimed_socket_and_its_variables_stay_with_us()
    {
        Pass(AddressFamily.Unix, First);
        Environment.SetEnvironmentVariable("LISTEN_PID", "1");
        Environment.SetEnvironmentVariable("LISTEN_FDS", "1");

        using var claimed = Detect()!.Claim();

        Assert.Equal(First, claimed.DangerousGetHandle());
        Assert.Null(Environment.GetEnvironmentVariable("LISTEN_PID"));
        Assert.Null(Environment.GetEnvironmentVariable("LISTEN_FDS"));
        Assert.Contains("\nflags:\t02000002\n", File.ReadAllText($"/proc/self/fdinfo/{First}"), StringComparison.Ordinal);
    }

    private SocketActivation? Detect(int? launcher = null) =>
        SocketActivation.Detect(name => _environment.GetValueOrDefault(name), launcher, First);

    private static void Pass(AddressFamily family, int descriptor)
    {
        using var socket = new Socket(family, SocketType.Stream, ProtocolType.Unspecified);
        Assert.Equal(descriptor, Duplicate(socket.SafeHandle, descriptor));
    }

    [SuppressMessage("Interoperability", "SYSLIB1054", Justification = "Generated marshalling needs unsafe code.")]
    [DllImport("libc", EntryPoint = "dup2")]
    private static extern int Duplicate(SafeHandle from, int to);

    [SuppressMessage("Interoperability", "SYSLIB1054", Justification = "Generated marshalling needs unsafe code.")]
    [DllImport("libc", EntryPoint = "close")]
    private static extern void CloseDescriptor(int descriptor);
}
