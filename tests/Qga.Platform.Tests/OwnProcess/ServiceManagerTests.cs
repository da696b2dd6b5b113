using System.Globalization;
using Qga.Platform.OwnProcess;
using Qga.Testing;

namespace Qga.Platform.Tests.OwnProcess;

public sealed class ServiceManagerTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose()
    {
        foreach (var variable in new[] { "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID" })
            Environment.SetEnvironmentVariable(variable, null);
        _scratch.Dispose();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("relative/socket")]
    [InlineData("vsock:2:1234")]
    public void Without_an_address_that_we_know_there_is_nobody_to_tell(string? address) => Assert.Null(Of(address));

    [Fact]
    public void Address_that_is_too_long_is_none() => Assert.Null(Of("/" + new string('x', 200)));

    [Fact]
    public void Every_word_is_a_message_of_its_own()
    {
        using var socket = new NotifySocket(_scratch.PathOf("notify"));
        var manager = Of(socket.Path)!;

        manager.Ready("serving");
        manager.Status("frozen since now");
        manager.Feed();
        manager.Reloading();
        manager.Stopping();

        socket.Await("STOPPING=1");
        Assert.Equal("READY=1\nSTATUS=serving", socket.Messages[0]);
        Assert.Equal("STATUS=frozen since now", socket.Messages[1]);
        Assert.Equal("WATCHDOG=1", socket.Messages[2]);
        Assert.Matches(@"^RELOADING=1\nMONOTONIC_USEC=[0-9]+$", socket.Messages[3]);
        Assert.Equal(5, socket.Messages.Count);
    }

    [Fact]
    public void One_that_has_gone_is_told_in_vain() => Of(_scratch.PathOf("nobody"))!.Feed();

    [Theory]
    [InlineData("30000000", null, 30)]
    [InlineData("30000000", "us", 30)]
    [InlineData("30000000", "1", null)]
    [InlineData("0", null, null)]
    [InlineData("-5", null, null)]
    [InlineData("soon", null, null)]
    [InlineData(null, null, null)]
    public void Watchdog_is_for_the_process_that_it_names(string? microseconds, string? process, int? seconds)
    {
        var pid = process == "us" ? Environment.ProcessId.ToString(CultureInfo.InvariantCulture) : process;

        Assert.Equal(seconds, Of("/run/notify", microseconds, pid)!.Watchdog?.TotalSeconds);
    }

    [Fact]
    public void Children_hear_nothing_of_it()
    {
        _ = Of("/run/notify", "1000", "1");

        Assert.All(["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"], variable => Assert.Null(Environment.GetEnvironmentVariable(variable)));
    }

    private static ServiceManager? Of(string? address, string? microseconds = null, string? process = null)
    {
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", address);
        Environment.SetEnvironmentVariable("WATCHDOG_USEC", microseconds);
        Environment.SetEnvironmentVariable("WATCHDOG_PID", process);
        return ServiceManager.FromEnvironment();
    }
}
