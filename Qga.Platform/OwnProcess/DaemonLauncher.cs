using Qga.Platform.Native;

namespace Qga.Platform.OwnProcess;

/// <summary>
/// Puts the agent into the background. The runtime can't fork, so the program is started anew, in a session of its own, with
/// the same command line, environment and inherited descriptors; the launcher stays until it hears how that went.
/// </summary>
public static class DaemonLauncher
{
    /// <summary>Starts the daemon and waits until it serves or has ended.</summary>
    /// <returns>The launcher's exit code: 0, or that of a daemon which ended before it was ready.</returns>
    /// <exception cref="PlatformException">The daemon can't be started.</exception>
    public static int Launch() =>
        Launch("/proc/self/exe", File.ReadAllBytes("/proc/self/cmdline"), File.ReadAllBytes("/proc/self/environ"));

    internal static int Launch(string program, byte[] arguments, byte[] environment)
    {
        Check(LibC.Pipe(out var status, out var reporter));
        using (status)
        {
            int daemon;
            using (reporter)
            {
                // Under its own number, which the environment announces.
                var number = (int)reporter.DangerousGetHandle();
                Check(LibC.Spawn(
                    program, arguments, DaemonStatus.Announce(environment, reporter), [(number, number)], hasSession: true, out daemon));
            }

            // End-of-file without a byte: the daemon has ended, and its error is on our common stderr.
            Check(LibC.Read(status, stackalloc byte[1], out var count));
            if (count > 0)
                return 0;

            Check(LibC.WaitForExit(daemon, out var exitCode));
            return exitCode;
        }
    }

    private static void Check(Errno errno) => SystemCallException.ThrowIfFailed(errno, "failed to start the daemon");
}
