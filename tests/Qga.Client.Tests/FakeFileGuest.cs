using System.Security.Cryptography;
using Newtonsoft.Json.Linq;

namespace Qga.Client.Tests;

/// <summary>A guest with one file, which its agent reads as it is told to.</summary>
internal sealed class FakeFileGuest
{
    private readonly FakeAgent _agent;
    private long _position;

    internal FakeFileGuest(FakeAgent agent, byte[] content)
    {
        (_agent, Content, Size) = (agent, content, content.Length);
        _ = ServeAsync();
    }

    internal byte[] Content { get; }

    /// <summary>How large the guest says that it is.</summary>
    internal long Size { get; init; }

    /// <summary>Whether it says so by zeros without an end.</summary>
    internal bool IsEndless { get; init; }

    /// <summary>How many bytes more than were asked for an answer has.</summary>
    internal int Surplus { get; init; }

    /// <summary>What stat(1) says of it.</summary>
    internal string Attributes { get; init; } = "644 0 0";

    /// <summary>Is called before each answer to a read.</summary>
    internal Func<Task>? BeforeRead { get; init; }

    /// <summary>How many reads it was asked for.</summary>
    internal int Reads { get; private set; }

    private async Task ServeAsync()
    {
        while (true)
        {
            var request = await _agent.NextAsync();
            var arguments = (JObject)request["arguments"]!;
            switch ((string)request["execute"]!)
            {
                case "guest-file-open":
                    _agent.Answer(request, 1000);
                    break;
                case "guest-file-seek":
                    _position = (int)arguments["whence"]! == 2 ? Size : (long)arguments["offset"]!;
                    _agent.Answer(request, new JObject { ["position"] = _position, ["eof"] = false });
                    break;
                case "guest-file-read":
                    Reads++;
                    if (BeforeRead is not null)
                        await BeforeRead();
                    Read(request, (long)arguments["count"]!);
                    break;
                case "guest-exec":
                    var script = (string)arguments["arg"]![1]!;
                    _output = script.Contains("stat -L", StringComparison.Ordinal) ? Attributes : Sum(int.Parse((string)arguments["arg"]![^1]!));
                    _agent.Answer(request, new JObject { ["pid"] = 1 });
                    break;
                case "guest-exec-status":
                    _agent.Answer(request, new JObject { ["exited"] = true, ["exitcode"] = 0, ["out-data"] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(_output)) });
                    break;
                default:
                    _agent.Answer(request, new JObject());
                    break;
            }
        }
    }

    private string _output = "";

    private string Sum(int length) => Convert.ToHexStringLower(SHA256.HashData(Content.AsSpan(0, length)));

    private void Read(JObject request, long count)
    {
        var bytes = IsEndless ? new byte[count] : Content.AsSpan((int)_position, (int)Math.Min(count, Content.Length - _position)).ToArray();
        bytes = [.. bytes, .. new byte[Surplus]];
        _position += bytes.Length;
        var isEnd = !IsEndless && bytes.Length < count;
        _agent.Answer(request, new JObject { ["count"] = bytes.Length, ["buf-b64"] = Convert.ToBase64String(bytes), ["eof"] = isEnd });
    }
}
