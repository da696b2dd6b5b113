using System.Globalization;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Host.Tests.Clients;

/// <summary>
/// An agent connection as libvirt keeps it: one for long, lines of JSON, a guest-sync whenever an answer may be outstanding, and
/// no mercy for a line that is none of an answer.
/// </summary>
internal sealed class LibvirtClient(QmpClient connection) : IDisposable
{
    private const int LongestLine = 10 << 20;
    private const int SyncTries = 2;
    private static readonly TimeSpan SyncLimit = TimeSpan.FromSeconds(5);

    private bool _isInSync;

    /// <summary>Runs a command and gives its answer.</summary>
    /// <exception cref="TimeoutException">There was none in time; the next command syncs first.</exception>
    /// <exception cref="InvalidDataException">The connection is broken for good.</exception>
    internal JObject Run(string request, TimeSpan? limit = null)
    {
        if (!_isInSync)
            Sync();
        return Exchange(request, limit ?? Eventually.Patience);
    }

    public void Dispose() => connection.Dispose();

    private void Sync()
    {
        for (var attempt = 1; attempt <= SyncTries; attempt++)
        {
            var id = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
            connection.Timeout = SyncLimit;
            connection.Send($"{{\"execute\":\"guest-sync\", \"arguments\":{{\"id\":{id}}}}}\n");
            while (TryReadAnswer(out var answer) || attempt > 1)
            {
                if (answer is null)
                    throw new InvalidDataException("not an answer, while syncing for the second time");

                // Errors and other numbers belong to what was asked before.
                if (answer["return"] is JValue { Value: long number } && number.ToString(CultureInfo.InvariantCulture) == id)
                {
                    _isInSync = true;
                    return;
                }
            }
        }

        throw new InvalidDataException("no sync");
    }

    private JObject Exchange(string request, TimeSpan limit)
    {
        connection.Timeout = limit;
        connection.Send(request + "\n");
        try
        {
            return TryReadAnswer(out var answer) ? answer! : throw new InvalidDataException("not an answer");
        }
        catch (IOException silence) when (silence is not EndOfStreamException)
        {
            _isInSync = false;
            throw new TimeoutException(request, silence);
        }
    }

    /// <returns>False for a line that is no JSON; one that is no answer breaks the connection.</returns>
    private bool TryReadAnswer(out JObject? answer)
    {
        var line = connection.ReadLine() ?? throw new EndOfStreamException("the agent is gone");
        if (line.Length > LongestLine)
            throw new InvalidDataException("the line is too long");
        try
        {
            answer = JObject.Parse(line);
        }
        catch (JsonReaderException)
        {
            answer = null;
            return false;
        }

        return answer.ContainsKey("return") || answer.ContainsKey("error") || answer.ContainsKey("event") || answer.ContainsKey("QMP")
            ? true
            : throw new InvalidDataException($"Unknown JSON reply '{line}'");
    }
}
