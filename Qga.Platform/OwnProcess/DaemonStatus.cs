using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.OwnProcess;

/// <summary>The daemon's side of <see cref="DaemonLauncher"/>: what to tell the launcher, and how to leave it.</summary>
public sealed class DaemonStatus : IDisposable
{
    /// <summary>Holds the descriptor of the launcher's pipe and the launcher's process id.</summary>
    private const string Variable = "QGA_DAEMON_STATUS";

    private readonly SafeFileHandle _reporter;

    private DaemonStatus(SafeFileHandle reporter, int launcher)
    {
        _reporter = reporter;
        Launcher = launcher;
    }

    /// <summary>The process that was started in our place; sockets may have been passed to it.</summary>
    public int Launcher { get; }

    /// <summary>Takes the launcher's word out of the environment, which our children get; <c>null</c> without a launcher.</summary>
    public static DaemonStatus? FromEnvironment()
    {
        var value = Environment.GetEnvironmentVariable(Variable);
        Environment.SetEnvironmentVariable(Variable, null);
        return value?.Split(' ') is [var first, var second]
            && int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var descriptor)
            && int.TryParse(second, NumberStyles.None, CultureInfo.InvariantCulture, out var launcher)
            && LibC.CloseOnExec(descriptor) == Errno.Success
            ? new DaemonStatus(new SafeFileHandle(descriptor, ownsHandle: true), launcher)
            : null;
    }

    /// <summary>The environment, strings that each end in NUL, with the launcher's word for its daemon.</summary>
    internal static byte[] Announce(byte[] environment, SafeFileHandle reporter)
    {
        var others = Encoding.Latin1.GetString(environment).Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Where(assignment => !assignment.StartsWith($"{Variable}=", StringComparison.Ordinal));
        string[] all = [.. others, $"{Variable}={reporter.DangerousGetHandle()} {Environment.ProcessId}", ""];
        return Encoding.Latin1.GetBytes(string.Join('\0', all));
    }

    /// <summary>The channel is open: the launcher may end with success. One that is gone already doesn't matter.</summary>
    public void Ready()
    {
        LibC.WriteAll(_reporter, [0]);
        _reporter.Dispose();
    }

    /// <summary>Lets go of the caller's directory, file mode mask, terminal and pipes.</summary>
    /// <exception cref="PlatformException">There is nothing to redirect the standard streams to.</exception>
    public static void Detach()
    {
        Environment.CurrentDirectory = "/";
        LibC.SetFileModeMask(FileModes.AnythingByOthers);
        var errno = LibC.OpenNothing(out var nothing);
        using (nothing)
        {
            for (var descriptor = 0; descriptor <= 2 && errno == Errno.Success; descriptor++)
                errno = LibC.Duplicate(nothing, descriptor);
        }

        SystemCallException.ThrowIfFailed(errno, "failed to redirect the standard streams to /dev/null");
    }

    public void Dispose() => _reporter.Dispose();
}
