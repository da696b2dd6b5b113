using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.OwnProcess;
using Qga.Platform.Streams;
using Qga.Platform.Threads;

namespace Qga.Platform.Processes.Keeper;

/// <summary>
/// The executable as a program keeper: the parent of the programs that the host starts. It has their pipes and knows how they ended, so that
/// they outlive an agent, and the next one can tell of them.
/// </summary>
public static class ProgramKeeperProcess
{
    /// <summary>What such a process is started as.</summary>
    public const string Name = "qga-program-keeper";

    /// <summary>The descriptor of the socket to the agent that has started it.</summary>
    internal const int ConnectionDescriptor = 3;

    /// <summary>Whether this process was started to be one.</summary>
    public static bool IsRequested => Environment.GetCommandLineArgs()[0] == Name;

    /// <summary>Keeps programs until there is nothing left to remember.</summary>
    /// <param name="arguments">What follows its name: the state directory of its agents.</param>
    /// <param name="active">Called when something was done.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string[] arguments, Action active)
    {
        if (arguments is not [var stateDirectory] || LibC.CloseOnExec(ConnectionDescriptor) != Errno.Success)
            return 1;

        // What the service manager has for the agent is not for the programs. A signal to end is for both, and ends this one at once.
        OutOfMemoryScore.BecomeOrdinary();
        LibC.IgnoreSignal(LibC.SIGPIPE);
        ResourceLimits.Prepare();
        using var agent = new KeeperConnection(new WaitingStream(new SafeFileHandle(ConnectionDescriptor, ownsHandle: true)));
        try
        {
            RuntimeThreads.Prepare();
            Run(agent, KeeperAddress.Make(stateDirectory, Environment.ProcessId), active);
            return 0;
        }
        catch (PlatformException failure)
        {
            agent.Send(KeeperMessage.WithText(KeeperMessageKind.Refused, 0, failure.Message));
            return 1;
        }
    }

    private static void Run(KeeperConnection agent, string? address, Action active)
    {
        using var listener = address is null ? null : TryListen(address);
        new ProgramKeeper(active).RunAsync(agent, listener).GetAwaiter().GetResult();
        if (listener is not null)
            _ = LibC.Unlink(address!);
    }

    internal static IReadOnlyList<string> CommandLine(string stateDirectory) => [Name, stateDirectory];

    /// <returns>Null if no agent after this one can find us.</returns>
    private static SocketListener? TryListen(string address)
    {
        try
        {
            return SocketListener.ListenUnix(address, FileModes.OwnersFile);
        }
        catch (Exception failure) when (failure is PlatformException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
