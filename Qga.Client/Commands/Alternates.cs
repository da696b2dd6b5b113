using Newtonsoft.Json.Linq;

namespace Qga.Client;

/// <summary>From where a position in a file is counted.</summary>
public enum GuestFileWhence
{
    /// <summary>From the beginning.</summary>
    Set,

    /// <summary>From where the file is now.</summary>
    Cur,

    /// <summary>From the end.</summary>
    End,
}

/// <summary>What is kept of what a program prints.</summary>
public enum GuestExecCaptureOutput
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Its output alone. Agents since 8.0 know it.</summary>
    Stdout,

    /// <summary>Its error output alone. Agents since 8.0 know it.</summary>
    Stderr,

    /// <summary>Both, each for itself.</summary>
    Separated,

    /// <summary>Both as its output, in the order in which they were written. Agents since 8.0 know it.</summary>
    Merged,
}

/// <summary>Alternates of the protocol, in the form that the oldest agents take.</summary>
internal static class Alternates
{
    internal static JToken ToWire(this GuestFileWhence whence) => whence switch
    {
        GuestFileWhence.Set => 0,
        GuestFileWhence.Cur => 1,
        GuestFileWhence.End => 2,
        _ => throw new ArgumentOutOfRangeException(nameof(whence), whence, "no such place"),
    };

    internal static JToken ToWire(this GuestExecCaptureOutput output) => output switch
    {
        GuestExecCaptureOutput.None => false,
        GuestExecCaptureOutput.Separated => true,
        GuestExecCaptureOutput.Stdout => "stdout",
        GuestExecCaptureOutput.Stderr => "stderr",
        GuestExecCaptureOutput.Merged => "merged",
        _ => throw new ArgumentOutOfRangeException(nameof(output), output, "no such output"),
    };
}
