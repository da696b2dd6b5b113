using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Host.Tests.Clients;

/// <summary>
/// A management process as Proxmox VE runs it: a connection for each command, a delimited sync and the command in one write, and
/// in what comes, behind the last 0xFF, one line for each.
/// </summary>
internal sealed class ProxmoxClient(Func<QmpClient> connect, int processId)
{
    private int _sequence;

    /// <summary>Runs a command, here without the timeouts, which are the connection's.</summary>
    internal JObject Run(string request)
    {
        using var connection = connect();
        return Run(connection, request);
    }

    internal JObject Run(QmpClient connection, string request)
    {
        var id = long.Parse($"{processId}0{++_sequence}");
        connection.Send($"{Qmp.SyncDelimited(id)}\n{request}\n");

        var received = "";
        while (true)
        {
            var block = connection.ReadBlock();
            if (block.IsEmpty)
                throw new EndOfStreamException($"the agent is gone after '{received}'");
            received += System.Text.Encoding.Latin1.GetString(block.Span);

            // Everything before the last delimiter is somebody else's.
            if (received.LastIndexOf('\xFF') is >= 0 and var delimiter && Parse(received[(delimiter + 1)..], id) is { } answer)
                return answer;
        }
    }

    private static JObject? Parse(string received, long id)
    {
        // Each object ends with a brace before its line end.
        var end = received.IndexOf("}\n", StringComparison.Ordinal);
        if (end < 0)
            return null;
        var sync = (long?)JObject.Parse(received[..(end + 1)])["return"];
        if (sync is null or 0)
            throw new InvalidDataException($"got no sync: {received}");
        if (sync < id)
            return null;
        if (sync != id)
            throw new InvalidDataException($"got the sync {sync}, not {id}");
        var answer = received[(end + 2)..];
        return answer.EndsWith("}\n", StringComparison.Ordinal) ? JObject.Parse(answer) : null;
    }
}
