using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Qga.Platform;
using Qga.Platform.Streams;

namespace Qga.Host.Control;

/// <summary>An agent of this guest, asked over its control socket.</summary>
internal sealed class LocalAgent
{
    private static readonly TimeSpan StatusLimit = TimeSpan.FromSeconds(5);

    private LocalAgent(int process)
    {
        Process = process;
        try
        {
            Status = Ask(ControlActor.StatusCommand, StatusLimit) as JObject ?? throw new JsonException("the answer is no object");
        }
        catch (Exception failure) when (failure is PlatformException or JsonException)
        {
            Failure = failure.Message;
        }
    }

    internal int Process { get; }

    /// <summary>Its answer to <see cref="ControlActor.StatusCommand"/>; null if it does not answer.</summary>
    internal JObject? Status { get; }

    /// <summary>Why there is no answer.</summary>
    internal string? Failure { get; }

    internal bool IsFrozen => (string?)Status?["freeze"]?["state"] is not (null or "thawed");

    /// <summary>All that run.</summary>
    internal static IReadOnlyList<LocalAgent> All() => [.. ControlSocket.Agents().Select(process => new LocalAgent(process))];

    /// <summary>Has it carry out a command without arguments.</summary>
    /// <returns>What the command returns.</returns>
    /// <exception cref="PlatformException">It does not answer within the limit.</exception>
    /// <exception cref="JsonException">The answer is an error, or none of the protocol.</exception>
    internal JToken Ask(string command, TimeSpan limit)
    {
        var answer = LocalClient.Ask(ControlSocket.PathOf(Process), $$"""{"execute":"{{command}}"}""", limit);

        // Points in time stay the texts that they are.
        using var reader = new JsonTextReader(new StringReader(answer)) { DateParseHandling = DateParseHandling.None };
        var message = JToken.ReadFrom(reader);
        return message["return"] ?? throw new JsonException((string?)message["error"]?["desc"] ?? "the answer is none of the protocol");
    }
}
