using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.OwnProcess;

/// <summary>A listening socket that the service manager opened for us (sd_listen_fds(3)); it replaces method and path.</summary>
public sealed record SocketActivation
{
    /// <summary>SD_LISTEN_FDS_START: the first descriptor that is passed.</summary>
    private const int FirstDescriptor = 3;

    private const string ProcessVariable = "LISTEN_PID";
    private const string CountVariable = "LISTEN_FDS";

    private const NumberStyles Leading = NumberStyles.AllowLeadingWhite | NumberStyles.AllowLeadingSign;

    private readonly int _descriptor;

    private SocketActivation(int descriptor, string method)
    {
        _descriptor = descriptor;
        Method = method;
    }

    /// <summary>unix-listen or vsock-listen.</summary>
    public string Method { get; }

    /// <summary>Looks for a socket, leaving it and the environment as they are; <c>null</c> when none was passed.</summary>
    /// <param name="environment">The value of a variable, or <c>null</c>.</param>
    /// <param name="launcher">The process that stood for us when the socket was passed, for a daemon.</param>
    /// <exception cref="PlatformException">A descriptor isn't open.</exception>
    /// <exception cref="SocketActivationException">It isn't one socket of a kind that we can listen on.</exception>
    public static SocketActivation? Detect(Func<string, string?> environment, int? launcher = null) =>
        Detect(environment, launcher, FirstDescriptor);

    internal static SocketActivation? Detect(Func<string, string?> environment, int? launcher, int first)
    {
        if (Number(environment(ProcessVariable)) is not { } process
            || process != Environment.ProcessId && process != launcher
            || Number(environment(CountVariable)) is not (> 0 and var count))
        {
            return null;
        }

        for (var descriptor = first; descriptor < first + count; descriptor++)
        {
            if (LibC.Inherited(descriptor) is not Errno.Success and var errno)
                throw new SystemCallException(errno, $"Socket activation failed: invalid file descriptor fd = {descriptor}");
        }

        if (count > 1)
            throw new SocketActivationException("qemu-ga only supports listening on one socket");

        return LibC.SocketDomain(first, out var domain) == Errno.Success && domain is LibC.AF_UNIX or LibC.AF_VSOCK
            ? new SocketActivation(first, domain == LibC.AF_UNIX ? "unix-listen" : "vsock-listen")
            : throw new SocketActivationException("unsupported listen fd type");
    }

    /// <summary>Takes the socket over: no child of ours gets to see it or its variables.</summary>
    public SafeFileHandle Claim()
    {
        Environment.SetEnvironmentVariable(ProcessVariable, null);
        Environment.SetEnvironmentVariable(CountVariable, null);
        LibC.CloseOnExec(_descriptor);
        return new SafeFileHandle(_descriptor, ownsHandle: true);
    }

    private static long? Number(string? text) =>
        long.TryParse(text, Leading, CultureInfo.InvariantCulture, out var value) ? value : null;
}

/// <summary>What the service manager passed is nothing that we can listen on.</summary>
public sealed class SocketActivationException(string message) : Exception(message);
