using System.Net.Sockets;
using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Qga.Testing;

/// <summary>
/// A guest without a kernel: a unix socket that speaks the wire as far as a freeze needs it. As QEMU and qemu-ga do, it serves one connection at
/// a time, and carries out one request after the other, whoever has sent it.
/// </summary>
public sealed class SimulatedGuest : IDisposable
{
    /// <summary>What a guest of ours has with extensions on.</summary>
    public const string ReportCommand = "__org.qga_freeze-report";

    private static readonly string[] Commands =
        ["guest-ping", "guest-info", "guest-sync-delimited", "guest-fsfreeze-status", "guest-fsfreeze-freeze", "guest-fsfreeze-thaw", ReportCommand];

    private readonly Lock _lock = new();
    private readonly List<string> _done = [];
    private readonly string _path;
    private Socket _listener;
    private Socket? _client;
    private int _freezes;
    private bool _isDisposed;

    public SimulatedGuest(string path)
    {
        _path = path;
        _listener = Listen();
    }

    public string Address => $"unix:{_path}";

    /// <summary>How many filesystems it has.</summary>
    public int Count { get; set; } = 2;

    /// <summary>Whether it knows the deadline of a freeze, as qga does and qemu-ga does not.</summary>
    public bool HasDeadline { get; set; } = true;

    /// <summary>What its record of the last freeze says at its end, beside <c>id</c> and <c>state</c>; null if it keeps none.</summary>
    public JObject? Record { get; set; }

    /// <summary>Commands that it does not allow.</summary>
    public ISet<string> Disabled { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>What a command waits for before it is done, by its name.</summary>
    public IDictionary<string, Task> Before { get; } = new Dictionary<string, Task>(StringComparer.Ordinal);

    /// <summary>What a command fails with, by its name; a freeze then has frozen nothing, and a thaw has thawed.</summary>
    public IDictionary<string, string> Failures { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What a command returns that is no answer to it, by its name.</summary>
    public IDictionary<string, JObject> Odd { get; } = new Dictionary<string, JObject>(StringComparer.Ordinal);

    /// <summary>Commands that are done, and answered with what is no JSON.</summary>
    public ISet<string> Garbage { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Commands that are done, and never answered.</summary>
    public ISet<string> Unanswered { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>The last deadline, in seconds; null for none.</summary>
    public long? Deadline { get; private set; }

    /// <summary>How many filesystems are frozen.</summary>
    public int Frozen
    {
        get
        {
            lock (_lock)
                return field;
        }

        private set;
    }

    /// <summary>What it has been asked for, syncs not counted; a command is in it before it is waited for.</summary>
    public IReadOnlyList<string> Done
    {
        get
        {
            lock (_lock)
                return [.. _done];
        }
    }

    /// <summary>Somebody else thaws some of it.</summary>
    public void ThawFromOutside(int count)
    {
        lock (_lock)
            Frozen -= count;
    }

    /// <summary>Somebody else freezes it.</summary>
    public void FreezeFromOutside()
    {
        lock (_lock)
            (Frozen, _freezes) = (Count, _freezes + 1);
    }

    /// <summary>Ends the agent: nobody is there any more.</summary>
    public void Die()
    {
        lock (_lock)
        {
            _listener.Dispose();
            _client?.Dispose();
            File.Delete(_path);
        }
    }

    /// <summary>Starts the agent anew; what is frozen is still frozen.</summary>
    public void Return()
    {
        lock (_lock)
            _listener = Listen();
    }

    public void Dispose()
    {
        _isDisposed = true;
        Die();
    }

    private Socket Listen()
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(_path));
        listener.Listen();
        _ = AcceptAsync(listener);
        return listener;
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (!_isDisposed)
        {
            Socket client;
            try
            {
                client = await listener.AcceptAsync();
            }
            catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
            {
                return;
            }

            lock (_lock)
                _client = client;
            try
            {
                await using var stream = new NetworkStream(client, ownsSocket: true);
                await ServeAsync(stream);
            }
            catch (Exception failure) when (failure is IOException or ObjectDisposedException or SocketException)
            {
                // The client has gone, or the agent has been ended.
            }
        }
    }

    private async Task ServeAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.Latin1, false, 512, leaveOpen: true);
        while (await reader.ReadLineAsync() is { } line)
        {
            var request = JObject.Parse(line.TrimStart('\xFF'));
            var command = (string)request["execute"]!;
            if (command == "guest-sync-delimited")
            {
                await stream.WriteAsync(Encoding.Latin1.GetBytes($"\xFF{{\"return\": {request["arguments"]!["id"]}}}\n"));
                continue;
            }

            lock (_lock)
                _done.Add(command);
            if (Before.TryGetValue(command, out var gate))
                await gate;
            var answer = Answer(command, request["arguments"] as JObject ?? []);
            if (Unanswered.Contains(command))
                continue;
            answer["id"] = request["id"];
            var text = Garbage.Contains(command) ? "{no answer" : answer.ToString(Formatting.None);
            await stream.WriteAsync(Encoding.UTF8.GetBytes(text + "\n"));
        }
    }

    private JObject Answer(string command, JObject arguments)
    {
        lock (_lock)
        {
            if (Disabled.Contains(command))
                return Error($"Command {command} has been disabled: the command is not allowed", "CommandNotFound");
            if (Odd.TryGetValue(command, out var odd))
                return Value(odd);
            return command switch
            {
                "guest-info" => Value(new JObject { ["version"] = "10.0.0", ["supported_commands"] = new JArray(Commands.Select(Info)) }),
                "guest-fsfreeze-status" => Value(Frozen > 0 ? "frozen" : "thawed"),
                "guest-fsfreeze-freeze" => Freeze(arguments),
                "guest-fsfreeze-thaw" => Thaw(),
                ReportCommand when Failures.TryGetValue(ReportCommand, out var failure) => Error(failure),
                ReportCommand when Record is not null => Value(new JArray(RecordNow(Record))),
                "guest-ping" => Value(new JObject()),
                _ => Error($"The command {command} has not been found", "CommandNotFound"),
            };
        }
    }

    private JObject Info(string command) => new()
    {
        ["enabled"] = !Disabled.Contains(command) && (command != ReportCommand || Record is not null),
        ["name"] = command,
        ["success-response"] = true,
    };

    private JObject Freeze(JObject arguments)
    {
        if (arguments["timeout"] is not null && !HasDeadline)
            return Error("Parameter 'timeout' is unexpected");
        if (Frozen > 0)
            return Error("Command guest-fsfreeze-freeze has been disabled: the command is not allowed: the agent is in frozen state", "CommandNotFound");
        if (Failures.TryGetValue("guest-fsfreeze-freeze", out var failure))
            return Error(failure);
        Deadline = (long?)arguments["timeout"];
        (Frozen, _freezes) = (Count, _freezes + 1);
        return Value(Count);
    }

    private JObject RecordNow(JObject atEnd)
    {
        var record = Frozen > 0 ? [] : (JObject)atEnd.DeepClone();
        (record["id"], record["state"]) = ($"{_freezes}", Frozen > 0 ? "frozen" : "over");
        return record;
    }

    private JObject Thaw()
    {
        var count = Frozen;
        Frozen = 0;
        return Failures.TryGetValue("guest-fsfreeze-thaw", out var failure) ? Error(failure) : Value(count);
    }

    private static JObject Value(JToken value) => new() { ["return"] = value };

    private static JObject Error(string description, string kind = "GenericError") =>
        new() { ["error"] = new JObject { ["class"] = kind, ["desc"] = description } };
}
