using System.Globalization;
using Qga.Platform.Native;

namespace Qga.Platform.OwnProcess;

/// <summary>The resource limits that the agent was started with, of which its programs have each as it was (getrlimit(2)).</summary>
public static class ResourceLimits
{
    /// <summary>In the environment of a guardian, which has to hand it on: <see cref="Heritage"/>.</summary>
    internal const string Variable = "QGA_DESCRIPTOR_LIMIT";

    /// <summary>The time that a start has to make its process, which then has its limits, whether or not it ever gets to be the program.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly Lock Gate = new();
    private static LibC.ResourceLimit? _raised;
    private static ulong _former;
    private static int _starting;
    private static bool _hasTimers;

    /// <summary>The soft limit of descriptors that the agent was started with; empty if it has that still.</summary>
    internal static string Heritage => _raised is null ? "" : _former.ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// Lets the agent have as many descriptors as its hard limit allows, as a freeze takes one for each filesystem; and makes an error of a
    /// write beyond the limit of a file's size, which else ends the process. The limit of processor time ends it only when the hard one is reached.
    /// </summary>
    public static void Prepare()
    {
        _hasTimers = true;
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
    /// Has the limits of programs until a program is started: it has those that the process has at that moment. Meanwhile an agent that has more
    /// descriptors than that gets no more; a start that hangs does not keep it from them for long.
    /// </summary>
    /// <returns>To be disposed once it is started; null if we have the same.</returns>
    internal static IDisposable? ForProgram() => _raised is { } raised ? new Start(raised) : null;

    private sealed class Start : IDisposable
    {
        private readonly LibC.ResourceLimit _ours;
        private readonly Timer? _patience;
        private bool _isOver;

        internal Start(LibC.ResourceLimit ours)
        {
            _ours = ours;

            // A guardian has no thread for timers, and needs no descriptors once it starts a program.
            if (_hasTimers)
                _patience = new Timer(static start => ((Start)start!).End(), this, Patience, Timeout.InfiniteTimeSpan);
            lock (Gate)
            {
                if (_starting++ == 0)
                    LibC.SetLimit(0, LibC.RLIMIT_NOFILE, ours with { Soft = _former });
            }
        }

        public void Dispose()
        {
            _patience?.Dispose();
            End();
        }

        private void End()
        {
            lock (Gate)
            {
                if (!_isOver && --_starting == 0)
                    LibC.SetLimit(0, LibC.RLIMIT_NOFILE, _ours);
                _isOver = true;
            }
        }
    }
}
