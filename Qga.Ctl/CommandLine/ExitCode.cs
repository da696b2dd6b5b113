using Qga.Client;

namespace Qga.Ctl.CommandLine;

/// <summary>How the tool ends; <c>exec</c> hands on the program's own code instead, and <see cref="ExecFailure"/> for all failures of ours.</summary>
internal static class ExitCode
{
    internal const int Success = 0;

    /// <summary>The guest refuses, or something in it or on the host has failed.</summary>
    internal const int Failure = 1;

    /// <summary>The command line makes no sense.</summary>
    internal const int Usage = 2;

    /// <summary>No agent can be reached there, or it does not answer.</summary>
    internal const int Unreachable = 3;

    /// <summary>A bug of this tool; <c>EX_SOFTWARE</c> of sysexits.h.</summary>
    internal const int Fault = 70;

    /// <summary>What <c>exec</c> ends with when it is not the program that has ended so, as ssh(1) does.</summary>
    internal const int ExecFailure = 255;

    /// <summary>Who reads our output has gone.</summary>
    internal const int BrokenPipe = 128 + 13;

    internal static int Of(Exception failure) => failure switch
    {
        UsageException or QgaAddressException => Usage,
        QgaConnectionException or QgaTimeoutException or QgaProtocolException => Unreachable,
        _ => Failure,
    };
}

/// <summary>The command line makes no sense; the message says what of it.</summary>
internal sealed class UsageException(string message) : Exception(message);
