namespace Qga.Platform.Systemd;

/// <summary>systemd can't be asked, or refuses; the message says what and why.</summary>
public sealed class SystemdException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>The D-Bus name of the error that systemd has answered with; null if it has not answered.</summary>
    internal string? ErrorName { get; init; }
}
