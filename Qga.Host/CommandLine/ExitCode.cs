using Qga.Platform;
using Qga.Platform.Configuration;
using Qga.Platform.Native;
using Qga.Platform.State;
using Qga.Transport.Channels;

namespace Qga.Host.CommandLine;

/// <summary>
/// How the agent ends, for a service manager that would start it again: sysexits(3). qemu-ga has 0 and 1 alone. The units name those that
/// no restart mends.
/// </summary>
internal static class ExitCode
{
    internal const int Success = 0;

    /// <summary>Something failed that may succeed at the next try.</summary>
    internal const int Failure = 1;

    /// <summary><c>EX_USAGE</c>: the command line makes no sense.</summary>
    internal const int Usage = 64;

    /// <summary><c>EX_CONFIG</c>: what is configured can't work until somebody changes it.</summary>
    internal const int Configuration = 78;

    /// <summary>The code for a start that has failed.</summary>
    internal static int Of(Exception failure) => IsLasting(failure) ? Configuration : Failure;

    private static bool IsLasting(Exception failure) => failure switch
    {
        // The device, or the directory of the socket, may be there later.
        ChannelException { InnerException: SystemCallException { Errno: Errno.ENOENT } } => false,
        PlatformException platform => platform.IsLasting,
        KeyFileException file => file.IsLasting,
        StateException state => state.IsLasting,
        { InnerException: { } cause } => IsLasting(cause),
        OptionsException or ChannelException => true,
        _ => false,
    };
}
