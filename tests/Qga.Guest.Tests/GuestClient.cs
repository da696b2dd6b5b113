using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Qga.Guest.Tests;

/// <summary>A client of the agent on the host: it writes requests and reads answers, one line each.</summary>
public sealed class GuestClient(Stream stream) : IDisposable
{
    private const char Sentinel = '\xFF';

    // Latin-1 keeps each byte one character, the sentinel too.
    private readonly StreamReader _reader = new(stream, Encoding.Latin1);

    public async Task SendAsync(string text) => await stream.WriteAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Sends a request and gives what it returned.</summary>
    public async Task<JToken> AskAsync(string command, JObject? arguments = null)
    {
        var request = new JObject { ["execute"] = command };
        if (arguments is not null)
            request["arguments"] = arguments;
        await SendAsync(request.ToString(Formatting.None) + "\n");

        var answer = await ReadLineAsync();
        return JObject.Parse(answer)["return"] ?? throw new InvalidOperationException($"{command}: {answer}");
    }

    /// <summary>Makes a fresh start, as libvirt does: drops all up to the sentinel, and expects its own number behind it.</summary>
    public async Task SyncAsync(long id)
    {
        await SendAsync(Sentinel + """{"execute":"guest-sync-delimited","arguments":{"id":""" + id + "}}\n");
        string line;
        do
            line = await ReadLineAsync();
        while (!line.Contains(Sentinel));

        var answer = JObject.Parse(line[(line.LastIndexOf(Sentinel) + 1)..]);
        Assert.Equal(id, (long?)answer["return"]);
    }

    public async Task<string> ReadLineAsync()
    {
        using var patience = new CancellationTokenSource(GuestMachine.Patience);
        return await _reader.ReadLineAsync(patience.Token) ?? throw new EndOfStreamException("QEMU closed the channel");
    }

    /// <summary>Waits for the first byte of an answer, and reads no more.</summary>
    public async Task ReadByteAsync()
    {
        using var patience = new CancellationTokenSource(GuestMachine.Patience);
        await stream.ReadExactlyAsync(new byte[1], patience.Token);
    }

    /// <summary>Sends a request and takes in its answer as it is, with as little work of its own as can be.</summary>
    /// <returns>The length of the answer, its LF included.</returns>
    public async Task<int> ExchangeAsync(ReadOnlyMemory<byte> request, Memory<byte> answer)
    {
        using var patience = new CancellationTokenSource(GuestMachine.Patience);
        await stream.WriteAsync(request, patience.Token);
        var length = 0;
        while (length == 0 || answer.Span[length - 1] != (byte)'\n')
        {
            var count = await stream.ReadAsync(answer[length..], patience.Token);
            length += count > 0 ? count : throw new EndOfStreamException("QEMU closed the channel");
        }

        return length;
    }

    /// <summary>Writes a file in the guest, a chunk per request.</summary>
    public async Task WriteFileAsync(string path, ReadOnlyMemory<byte> content, int chunk)
    {
        var handle = await AskAsync("guest-file-open", new JObject { ["path"] = path, ["mode"] = "w" });
        for (var done = 0; done < content.Length; done += chunk)
        {
            var part = content.Slice(done, Math.Min(chunk, content.Length - done));
            var written = await AskAsync(
                "guest-file-write",
                new JObject { ["handle"] = handle, ["buf-b64"] = Convert.ToBase64String(part.Span) });
            Assert.Equal(part.Length, (int?)written["count"]);
        }

        await AskAsync("guest-file-close", new JObject { ["handle"] = handle });
    }

    /// <summary>Reads a file of the guest to its end, a chunk per request.</summary>
    public async Task<byte[]> ReadFileAsync(string path, int chunk)
    {
        var handle = await AskAsync("guest-file-open", new JObject { ["path"] = path, ["mode"] = "r" });
        using var content = new MemoryStream();
        while (true)
        {
            var read = await AskAsync("guest-file-read", new JObject { ["handle"] = handle, ["count"] = chunk });
            content.Write(Convert.FromBase64String((string?)read["buf-b64"] ?? ""));
            if ((bool?)read["eof"] is true)
                break;
        }

        await AskAsync("guest-file-close", new JObject { ["handle"] = handle });
        return content.ToArray();
    }

    public void Dispose() => _reader.Dispose();
}
