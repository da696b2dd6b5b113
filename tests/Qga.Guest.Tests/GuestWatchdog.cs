namespace Qga.Guest.Tests;

/// <summary>Starts the agent whenever it ends, as a service manager does; the watchdog itself lives in memory.</summary>
public sealed class GuestWatchdog
{
    private readonly GuestMachine _machine;
    private string _pid = "none";

    private GuestWatchdog(GuestMachine machine) => _machine = machine;

    /// <param name="machine">The guest to start it in.</param>
    /// <param name="output">The file for the agent's standard output and error.</param>
    /// <param name="arguments">For the agent.</param>
    internal static async Task<GuestWatchdog> StartAsync(GuestMachine machine, string output, IEnumerable<string> arguments)
    {
        var words = string.Join(' ', arguments.Select(argument => $"'{GuestMachine.Quote(argument)}'"));
        await machine.OutputOfAsync(
            $$"""
              cat > /run/watchdog <<'END'
              while :; do
                  {{FreezeGuest.Environment}} qga {{words}} >&3 2>&3 &
                  echo $! > /run/watchdog.new
                  mv /run/watchdog.new /run/watchdog.pid
                  wait $!
              done
              END
              sh /run/watchdog > /dev/null 2>&1 3>> {{output}} &
              echo $! > /run/watchdog.self
              """);
        var watchdog = new GuestWatchdog(machine);
        await watchdog.WaitForAgentAsync();
        return watchdog;
    }

    /// <summary>Has the agent killed some time after a shell condition holds.</summary>
    public Task KillAgentAfterAsync(string condition, TimeSpan delay) =>
        _machine.OutputOfAsync($"(until {condition}; do :; done; usleep {delay.TotalMicroseconds}; kill -9 {_pid}) &");

    /// <summary>Waits until an agent runs that is not the last one.</summary>
    public async Task WaitForAgentAsync()
    {
        await _machine.WaitUntilAsync($"[ -e /run/watchdog.pid ] && ! grep -qx {_pid} /run/watchdog.pid");
        _pid = await _machine.OutputOfAsync("cat /run/watchdog.pid");
    }
}
