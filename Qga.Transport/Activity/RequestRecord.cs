using System.Diagnostics;
using Qga.Transport.Protocol;

namespace Qga.Transport.Activity;

/// <summary>
/// A request from the moment when it is carried out to its answer, as far as anybody may know of it: never its arguments or its answer.
/// </summary>
/// <param name="command">The client's word, of which only the beginning is kept: it may be no command at all.</param>
/// <param name="connection">Where it came from.</param>
/// <param name="counters">Count it; null if nobody counts.</param>
public sealed class RequestRecord(string command, ConnectionRecord connection, CommandCounters? counters)
{
    private const int LongestName = 64;

    private readonly long _began = Stopwatch.GetTimestamp();
    private long _ended;

    public ConnectionRecord Connection => connection;

    /// <summary>Hears how it has ended, once; null if nobody wants to. Set by who carries it out, before it is answered.</summary>
    public IRequestListener? Listener { private get; set; }

    /// <summary>What those who carry it out know and an error does not tell; null for nothing. Set before it is answered.</summary>
    public RequestResult? Verdict { private get; set; }

    public string Command { get; } = command.Length <= LongestName ? command : command[..LongestName] + "...";

    /// <summary>Null as long as it runs.</summary>
    public RequestResult? Result { get; private set; }

    /// <summary>How long it has taken, or has been running for.</summary>
    public TimeSpan Duration => Stopwatch.GetElapsedTime(_began, Result is null ? Stopwatch.GetTimestamp() : _ended);

    /// <summary>How long ago it began.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_began);

    /// <summary>It is answered.</summary>
    public void End(QmpResponse response) => End(
        response.Error switch
        {
            null => RequestResult.Succeeded,
            { Class: QmpErrorClass.CommandNotFound } => RequestResult.Refused,
            _ => Verdict ?? RequestResult.Failed,
        },
        response);

    /// <summary>Nobody waits for it any longer.</summary>
    public void GiveUp() => End(RequestResult.GivenUp, response: null);

    private void End(RequestResult result, QmpResponse? response)
    {
        _ended = Stopwatch.GetTimestamp();
        Result = result;
        counters?.Count(result, _ended - _began);

        // This is remembered for a while; what the listener knows need not be.
        var listener = Listener;
        Listener = null;
        listener?.OnEnded(this, response);
    }
}

/// <summary>Hears of the end of a request.</summary>
public interface IRequestListener
{
    /// <param name="request">How it went.</param>
    /// <param name="response">Its answer; null if nobody waited for that.</param>
    void OnEnded(RequestRecord request, QmpResponse? response);
}

/// <summary>How a request ended.</summary>
public enum RequestResult
{
    Succeeded,
    Failed,

    /// <summary>There is no such command, it is disabled, or the guest's policy refuses it.</summary>
    Refused,

    /// <summary>It has not come back from the kernel in time.</summary>
    Overdue,

    /// <summary>A sync did not wait for it any longer.</summary>
    GivenUp,
}
