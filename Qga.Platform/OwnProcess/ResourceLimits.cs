using System.Globalization;
using Qga.Platform.Native;

namespace Qga.Platform.OwnProcess;

/// <summary>The resource limits that the agent was started with, of which its programs have each as it was (getrlimit(2)).</summary>
public static class ResourceLimits
{
    /// <summary>In the environment of a guardian, which has to hand it on: <see cref="Heritage"/>.</summary>
    internal const string Variable = "QGA_DESCRIPTOR_LIMIT";

    private static readonly Lock Gate = new();
    private static LibC.ResourceLimit? _raised;
    private static ulong _former;
    private static int _starting;

    /// <summary>The soft limit of descriptors that the agent was started with; empty if it has that still.</summary>
    internal static string Heritage => _raised is null ? "" : _former.ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// Lets the agent have as many descriptors as its hard limit allows, as a freeze takes one for each filesystem; and makes an error of a
    /// write beyond the limit of a file's size, which else ends the process. The limit of processor time ends it only when the hard one is reached.
    /// </summary>
    public static void Prepare()
    {
        LibC.IgnoreSignal(LibC.SIGXFSZ);
        LibC.IgnoreSignal(LibC.SIGXCPU);
        if (LibC.GetLimit(0, LibC.RLIMIT_NOFILE, out var limit) != Errno.Success)
            return;
        var raised = limit with { Soft = limit.Hard };
        if (limit.Soft < limit.Hard && LibC.SetLimit(0, LibC.RLIMIT_NOFILE, raised) == Errno.Success)
            (_former, _raised) = (limit.Soft, raised);
    }

    /// <summary>Takes over from the agent what its programs have; what is in the environment for that is taken out.</summary>
    internal static void Inherit()
    {
        if (ulong.TryParse(Environment.GetEnvironmentVariable(Variable), NumberStyles.None, CultureInfo.InvariantCulture, out var former)
            && LibC.GetLimit(0, LibC.RLIMIT_NOFILE, out var limit) == Errno.Success)
        {
            (_former, _raised) = (former, limit);
        }

        Environment.SetEnvironmentVariable(Variable, null);
    }

    /// <summary>
    /// Starts a program under the limits that are its own: it has those that the process has at that moment. Meanwhile an agent that has more
    /// descriptors than that gets no more.
    /// </summary>
    internal static void ForProgram(Action start)
    {
        if (_raised is not { } raised)
        {
            start();
            return;
        }

        lock (Gate)
        {
            if (_starting++ == 0)
                LibC.SetLimit(0, LibC.RLIMIT_NOFILE, raised with { Soft = _former });
        }

        try
        {
            start();
        }
        finally
        {
            lock (Gate)
            {
                if (--_starting == 0)
                    LibC.SetLimit(0, LibC.RLIMIT_NOFILE, raised);
            }
        }
    }
}
