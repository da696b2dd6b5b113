namespace Qga.Platform.Native;

/// <summary>What a process may use besides core dumps, and the signals that tell it when that is used up: getrlimit(2).</summary>
internal static partial class LibC
{
    internal const int RLIMIT_NOFILE = 7;
    internal const int SIGXCPU = 24;
    internal const int SIGXFSZ = 25;
}
