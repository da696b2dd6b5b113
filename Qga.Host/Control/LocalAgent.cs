using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Qga.Platform;
using Qga.Platform.Diagnosis;
using Qga.Platform.Native;
using Qga.Platform.Streams;
using Qga.Platform.Trust;

namespace Qga.Host.Control;

/// <summary>An agent of this guest, asked over its control socket.</summary>
internal sealed class LocalAgent
{
    private static readonly TimeSpan StatusLimit = TimeSpan.FromSeconds(5);

    /// <summary>Nobody listens: the process only has the number of an agent that has ended.</summary>
    private readonly bool _isGone;

    private LocalAgent(int process, bool isAsked = true)
    {
        Process = process;
        if (!isAsked)
            return;
        try
        {
            Status = Ask(ControlActor.StatusCommand, StatusLimit) as JObject ?? throw new JsonException("the answer is no object");

            // Looked up here and not by the agent: the directory may be on a filesystem that does not answer.
            if (Status["hook"] is JObject hook)
                hook["programs"] = new JArray(HookDirectory.Members($"{hook["path"]}").Where(FileTrust.IsExecutable));
        }
        catch (Exception failure) when (failure is PlatformException or JsonException or IOException or UnauthorizedAccessException)
        {
            Failure = failure.Message;
            _isGone = failure is SystemCallException { Errno: Errno.ECONNREFUSED or Errno.ENOENT };
        }
    }

    internal int Process { get; }

    /// <summary>Its answer to <see cref="ControlActor.StatusCommand"/>; null if it does not answer.</summary>
    internal JObject? Status { get; }

    /// <summary>Why there is no answer.</summary>
    internal string? Failure { get; }

    internal bool IsFrozen => (string?)Status?["freeze"]?["state"] is not (null or "thawed");

    /// <summary>All that run: somebody listens on the socket of each, which root alone can make.</summary>
    internal static IReadOnlyList<LocalAgent> All() =>
        [.. ControlSocket.Owners().Order().Select(process => new LocalAgent(process)).Where(agent => !agent._isGone)];

    /// <summary>All that may run, none of which was asked for anything.</summary>
    internal static IReadOnlyList<LocalAgent> Unasked() =>
        [.. ControlSocket.Owners().Order().Select(process => new LocalAgent(process, isAsked: false))];

    /// <summary>Has it carry out a command without arguments.</summary>
    /// <returns>What the command returns.</returns>
    /// <exception cref="PlatformException">It does not answer within the limit.</exception>
    /// <exception cref="JsonException">The answer is an error, or none of the protocol.</exception>
    internal JToken Ask(string command, TimeSpan limit)
    {
        var answer = LocalClient.Ask(ControlSocket.PathOf(Process), $$"""{"execute":"{{command}}"}""", limit);

        var message = FreezesReport.Parse(answer);
        return message["return"] ?? throw new JsonException((string?)message["error"]?["desc"] ?? "the answer is none of the protocol");
    }
}
