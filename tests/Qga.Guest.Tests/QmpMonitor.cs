using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Qga.Guest.Tests;

/// <summary>QEMU's monitor, in QMP: one command at a time; events that come in between are kept.</summary>
public sealed class QmpMonitor : IDisposable
{
    private readonly Stream _stream;
    private readonly StreamReader _reader;
    private readonly List<JObject> _events = [];

    private QmpMonitor(Stream stream)
    {
        _stream = stream;
        _reader = new StreamReader(stream, Encoding.UTF8);
    }

    public static async Task<QmpMonitor> StartAsync(Stream stream)
    {
        var monitor = new QmpMonitor(stream);
        await monitor.ReadAsync();                              // the greeting
        await monitor.ExecuteAsync("qmp_capabilities");
        return monitor;
    }

    public async Task<JToken> ExecuteAsync(string command, JObject? arguments = null)
    {
        var request = new JObject { ["execute"] = command };
        if (arguments is not null)
            request["arguments"] = arguments;
        await _stream.WriteAsync(Encoding.UTF8.GetBytes(request.ToString(Formatting.None) + "\n"));

        while (true)
        {
            var message = await ReadAsync();
            if (message["return"] is { } result)
                return result;
            if (message["error"] is { } error)
                throw new InvalidOperationException($"{command}: {error["desc"]}");
            _events.Add(message);
        }
    }

    /// <summary>Waits for an event, unless it came already, and takes it out.</summary>
    public async Task<JObject> WaitForEventAsync(string name)
    {
        int index;
        while ((index = _events.FindIndex(message => (string?)message["event"] == name)) < 0)
            _events.Add(await ReadAsync());

        var found = _events[index];
        _events.RemoveAt(index);
        return found;
    }

    public void Dispose() => _reader.Dispose();

    private async Task<JObject> ReadAsync()
    {
        using var patience = new CancellationTokenSource(GuestMachine.Patience);
        var line = await _reader.ReadLineAsync(patience.Token) ?? throw new EndOfStreamException("QEMU closed its monitor");
        return JObject.Parse(line);
    }
}
