namespace Qga.Guest.Tests;

/// <summary>The agent under test, as a process in the guest. Disposing of it ends it, and waits until it has let go of its channel.</summary>
public sealed class GuestAgent : IAsyncDisposable
{
    private static int _last;

    private readonly GuestMachine _machine;
    private readonly string _folder;

    private GuestAgent(GuestMachine machine, string folder, int pid)
    {
        _machine = machine;
        _folder = folder;
        Pid = pid;
    }

    public int Pid { get; }

    /// <param name="machine">The guest to start it in.</param>
    /// <param name="environment">A command that runs another one, as chroot does; empty for none.</param>
    /// <param name="arguments">For the agent; its state folder is one of its own unless they name another.</param>
    /// <param name="program">The agent's command.</param>
    internal static async Task<GuestAgent> StartAsync(GuestMachine machine, string environment, string[] arguments, string program = "qga")
    {
        var folder = $"/run/agent-{Interlocked.Increment(ref _last)}";
        var words = string.Join(' ', arguments.Select(argument => $"'{GuestMachine.Quote(argument)}'"));
        var pid = await machine.OutputOfAsync(
            $"""
             mkdir {folder}
             cat > {folder}/start <<'END'
             echo $$ > {folder}/pid
             exec {environment} {program} -t {folder} {words}
             END
             (sh {folder}/start > {folder}/log 2>&1; echo $? > {folder}/status.new; mv {folder}/status.new {folder}/status) &
             until [ -s {folder}/pid ]; do usleep 1000; done
             cat {folder}/pid
             """);
        return new GuestAgent(machine, folder, int.Parse(pid));
    }

    /// <summary>What it wrote on its standard output and error.</summary>
    public Task<string> LogAsync() => _machine.OutputOfAsync($"cat {_folder}/log");

    /// <summary>Waits until it has a file open, as its channel.</summary>
    public Task WaitForOpenAsync(string path) =>
        _machine.WaitUntilAsync($"ls -l /proc/{Pid}/fd | grep -q \"$(readlink -f {path})$\"");

    /// <summary>Waits until its log has a line with a text in it.</summary>
    public Task WaitForLogAsync(string text) => _machine.WaitUntilAsync($"grep -qF '{GuestMachine.Quote(text)}' {_folder}/log");

    /// <summary>Has the kernel end it, wherever it is, and waits until it has gone.</summary>
    public async Task KillAsync()
    {
        await _machine.OutputOfAsync($"kill -9 {Pid}");
        await WaitForExitAsync();
    }

    /// <summary>Waits for its end and gives its exit status.</summary>
    public async Task<int> WaitForExitAsync()
    {
        await _machine.WaitUntilAsync($"[ -e {_folder}/status ]");
        return int.Parse(await _machine.OutputOfAsync($"cat {_folder}/status"));
    }

    public async ValueTask DisposeAsync()
    {
        await _machine.OutputOfAsync($"[ -e {_folder}/status ] || kill {Pid} || [ -e {_folder}/status ]");
        await WaitForExitAsync();
    }
}
