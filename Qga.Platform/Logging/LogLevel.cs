namespace Qga.Platform.Logging;

/// <summary>How much a log line matters, with the words of qemu-ga's log.</summary>
public enum LogLevel
{
    Error,
    Critical,
    Warning,
    Info,
    Debug,
}
