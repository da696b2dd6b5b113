namespace Qga.Platform.Logging;

/// <summary>The agent's own log.</summary>
public interface IEventLog
{
    void Write(LogLevel level, string text);
}
