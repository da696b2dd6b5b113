using System.Runtime.InteropServices;
using Qga.Client;
using Qga.Ctl.Native;
using Qga.Ctl.Output;

namespace Qga.Ctl.Groups;

/// <summary>The process of a <see cref="ThawWatcher"/>: this executable, in a session of its own, deaf to what ends the tool.</summary>
internal static class WatcherProcess
{
    /// <summary>The one word of its command line.</summary>
    internal const string Word = "freeze-watcher";

    /// <summary>What the watcher is run by.</summary>
    internal static IReadOnlyList<string> Program
    {
        get
        {
            var executable = Environment.ProcessPath!;

            // "dotnet qgactl.dll" is a developer's.
            return Path.GetFileName(executable) == "dotnet"
                ? [executable, Path.GetFullPath(Environment.GetCommandLineArgs()[0]), Word]
                : [executable, Word];
        }
    }

    /// <summary>Watches.</summary>
    /// <returns>The exit code: 0, or 1 if a guest may still be frozen.</returns>
    internal static async Task<int> RunAsync()
    {
        _ = LibC.setsid();

        // Who reads what the tool prints, or waits for a lock of his, does not wait for the watcher.
        LibC.CloseInherited();
        if (Console.IsErrorRedirected)
            LibC.DropErrorOutput();
        using var hangup = Ignore(PosixSignal.SIGHUP);
        using var interrupt = Ignore(PosixSignal.SIGINT);
        using var terminate = Ignore(PosixSignal.SIGTERM);

        var watcher = new ThawWatcher(Console.OpenStandardInput(), Console.OpenStandardOutput(), Reach, End, TimeProvider.System);
        var left = await watcher.RunAsync().ConfigureAwait(false);

        // At the end only, as nobody need read it: what waits for a reader must not wait while a guest is frozen.
        foreach (var guest in left.Where(guest => guest.WasFrozen && guest.Failure is null))
            Say($"{guest.Address} was left frozen, and is thawed");
        foreach (var guest in left.Where(guest => guest.Failure is not null))
            Say($"{guest.Address} may be frozen, and can't be thawed: {guest.Failure}");
        return left.Any(guest => guest.Failure is not null) ? 1 : 0;
    }

    private static PosixSignalRegistration Ignore(PosixSignal signal) => PosixSignalRegistration.Create(signal, context => context.Cancel = true);

    private static AgentGuest Reach(WatchOrder order, string address) => new(
        address,
        GuestAddress.Parse(address),
        new GuestAgentOptions { VirshProgram = order.VirshProgram, QmProgram = order.QmProgram },
        new GroupClock(TimeProvider.System));

    /// <summary>Our parent is the tool, or another once that has ended; a number that is free may be anybody's by now.</summary>
    private static void End(int tool)
    {
        if (LibC.getppid() == tool)
            _ = LibC.kill(tool, LibC.SIGKILL);
    }

    private static void Say(string line)
    {
        SystemLog.Write(Printable.Of(line));
        try
        {
            Console.Error.WriteLine($"qgactl: {Printable.Of(line)}");
        }
        catch (IOException)
        {
            // The terminal is gone.
        }
    }
}
