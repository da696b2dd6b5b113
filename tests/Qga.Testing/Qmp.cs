using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Qga.Testing;

/// <summary>Requests as clients write them.</summary>
public static class Qmp
{
    public const string Ping = """{"execute":"guest-ping"}""";

    public const string Pong = """{"return": {}}""";

    public const string Freeze = """{"execute":"guest-fsfreeze-freeze"}""";

    public const string Thaw = """{"execute":"guest-fsfreeze-thaw"}""";

    public const string FreezeStatus = """{"execute":"guest-fsfreeze-status"}""";

    public static string Request(string command, params IEnumerable<(string Name, JToken Value)> arguments) => new JObject
    {
        ["execute"] = command,
        ["arguments"] = new JObject(arguments.Select(argument => new JProperty(argument.Name, argument.Value))),
    }.ToString(Formatting.None);

    public static string Open(string path, string mode = "r") => Request("guest-file-open", ("path", path), ("mode", mode));

    public static string FreezeFor(long timeout) => Request("guest-fsfreeze-freeze", ("timeout", timeout));

    public static string FreezeList(params string[] mountPoints) =>
        Request("guest-fsfreeze-freeze-list", ("mountpoints", new JArray(mountPoints)));

    public static string Read(long handle, long count) => Request("guest-file-read", ("handle", handle), ("count", count));

    public static string Write(long handle, ReadOnlySpan<byte> data) =>
        Request("guest-file-write", ("handle", handle), ("buf-b64", Convert.ToBase64String(data)));

    public static string Rewind(long handle) => Request("guest-file-seek", ("handle", handle), ("offset", 0), ("whence", "set"));

    public static string Close(long handle) => Request("guest-file-close", ("handle", handle));

    public static string Sync(long id) => Request("guest-sync", ("id", id));

    public static string SyncDelimited(long id) => Request("guest-sync-delimited", ("id", id));

    /// <summary>What a successful answer returns.</summary>
    public static JToken Return(string answer) =>
        JObject.Parse(answer)["return"] ?? throw new InvalidDataException($"not a success: {answer}");

    /// <summary>The description in an error answer of class GenericError.</summary>
    public static string Error(string answer) => JObject.Parse(answer)["error"] is { } error && (string?)error["class"] == "GenericError"
        ? (string)error["desc"]!
        : throw new InvalidDataException($"not a generic error: {answer}");

    /// <summary>The bytes that a guest-file-read gave.</summary>
    public static byte[] Data(string answer) => Convert.FromBase64String((string)Return(answer)["buf-b64"]!);
}
