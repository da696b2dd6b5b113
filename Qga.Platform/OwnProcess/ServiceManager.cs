using System.Globalization;
using System.Text;
using Qga.Platform.Native;

namespace Qga.Platform.OwnProcess;

/// <summary>The service manager that started us, which hears how we are: sd_notify(3) and sd_watchdog_enabled(3), without their library.</summary>
public sealed class ServiceManager
{
    private const string AddressVariable = "NOTIFY_SOCKET";
    private const string WatchdogVariable = "WATCHDOG_USEC";
    private const string WatchdogProcessVariable = "WATCHDOG_PID";

    private const int ReadyAttempts = 20;
    private static readonly TimeSpan ReadyPause = TimeSpan.FromMilliseconds(50);

    private readonly byte[] _address;

    private ServiceManager(byte[] address, TimeSpan? watchdog) => (_address, Watchdog) = (address, watchdog);

    /// <summary>How long it may be without a <see cref="Feed"/> before it ends us; null for ever.</summary>
    public TimeSpan? Watchdog { get; }

    /// <summary>Takes its word out of the environment, which our children get; null without a service manager that wants to hear.</summary>
    public static ServiceManager? FromEnvironment()
    {
        var address = Take(AddressVariable);
        var process = Take(WatchdogProcessVariable);
        var microseconds = Take(WatchdogVariable);
        if (address is not ['/' or '@', _, ..] || !LibC.FitsUnixAddress(address))
            return null;

        var isMeantForUs = process is null || process == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        return new ServiceManager(
            address[0] == '@' ? LibC.AbstractAddress(address[1..]) : LibC.UnixAddress(address),
            isMeantForUs && long.TryParse(microseconds, NumberStyles.None, CultureInfo.InvariantCulture, out var time) && time > 0
                ? TimeSpan.FromMicroseconds(time)
                : null);
    }

    /// <summary>We serve, and do what the text says.</summary>
    public void Ready(string status)
    {
        // The one word that must not be lost: without it the service manager ends us.
        for (var attempt = 0; !TryTell($"READY=1\nSTATUS={status}") && attempt < ReadyAttempts; attempt++)
            Thread.Sleep(ReadyPause);
    }

    /// <summary>We read our configuration anew; <see cref="Ready"/> follows.</summary>
    public void Reloading() => Tell(string.Create(
        CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={Environment.TickCount64 * 1000}"));

    /// <summary>What we do now, for whoever asks for the status of the service.</summary>
    public void Status(string status) => Tell($"STATUS={status}");

    /// <summary>We are about to end.</summary>
    public void Stopping() => Tell("STOPPING=1");

    /// <summary>We are well.</summary>
    public void Feed() => Tell("WATCHDOG=1");

    private static string? Take(string variable)
    {
        var value = Invocation.Variable(variable);
        Environment.SetEnvironmentVariable(variable, null);
        return value;
    }

    /// <remarks>Without waiting: a service manager that does not listen must not hold us up, and there is nobody else to tell.</remarks>
    private void Tell(string text) => _ = TryTell(text);

    /// <returns>False if its queue is full just now.</returns>
    private bool TryTell(string text)
    {
        var errno = LibC.OpenConnection(_address, out var connection, LibC.SOCK_DGRAM);
        using (connection)
        {
            if (errno == Errno.Success)
                errno = LibC.Write(connection, Encoding.UTF8.GetBytes(text), out _);
            return errno != Errno.EAGAIN;
        }
    }
}
