using System.Diagnostics;
using Qga.Transport.Protocol;

namespace Qga.Transport.Activity;

/// <summary>A request as far as anybody may know of it: never its arguments or its answer.</summary>
/// <param name="command">The client's word, of which only the beginning is kept: it may be no command at all.</param>
public sealed class RequestRecord(string command)
{
    private const int LongestName = 64;

    private readonly long _began = Stopwatch.GetTimestamp();
    private long _ended;

    public string Command { get; } = command.Length <= LongestName ? command : command[..LongestName] + "...";

    /// <summary>Null as long as it runs.</summary>
    public RequestResult? Result { get; private set; }

    /// <summary>How long it has taken, or has been running for.</summary>
    public TimeSpan Duration => Stopwatch.GetElapsedTime(_began, Result is null ? Stopwatch.GetTimestamp() : _ended);

    /// <summary>How long ago it began.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_began);

    internal void End(QmpResponse response) => End(response.Error switch
    {
        null => RequestResult.Succeeded,
        { Class: QmpErrorClass.CommandNotFound } => RequestResult.Refused,
        _ => RequestResult.Failed,
    });

    internal void GiveUp() => End(RequestResult.GivenUp);

    private void End(RequestResult result)
    {
        _ended = Stopwatch.GetTimestamp();
        Result = result;
    }
}

/// <summary>How a request ended.</summary>
public enum RequestResult
{
    Succeeded,
    Failed,

    /// <summary>There is no such command, or it is disabled.</summary>
    Refused,

    /// <summary>A sync did not wait for it any longer.</summary>
    GivenUp,
}
