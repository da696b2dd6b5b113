namespace Qga.Platform.Logging;

/// <summary>The record of what the host asked for, kept in the system's log whatever the agent's own log holds.</summary>
public interface IAuditLog
{
    /// <param name="text">One line, without payloads and passwords.</param>
    void Record(string text);
}
