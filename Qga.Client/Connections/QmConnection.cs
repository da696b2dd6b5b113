using System.Text;
using Newtonsoft.Json.Linq;

namespace Qga.Client;

/// <summary>
/// A machine of this Proxmox VE node, asked by <c>qm guest</c>, qm(1). That has words for many commands, but not for all; what it has none
/// for is refused by name.
/// </summary>
internal sealed class QmConnection(string name, string machine, GuestAgentOptions options) : ProgramConnection(name, options)
{
    /// <summary>How much qm passes on as a program's input; in bytes.</summary>
    private const int LongestInput = 1 << 20;

    private const int LongestAnswer = 64 << 20;

    /// <summary>What <c>qm guest cmd</c> takes, without <c>guest-</c>. None of them has arguments there.</summary>
    private static readonly HashSet<string> Words =
    [
        "fsfreeze-freeze", "fsfreeze-status", "fsfreeze-thaw", "fstrim", "get-fsinfo", "get-host-name", "get-memory-block-info", "get-memory-blocks",
        "get-osinfo", "get-time", "get-timezone", "get-users", "get-vcpus", "info", "network-get-interfaces", "ping", "shutdown", "suspend-disk",
        "suspend-hybrid", "suspend-ram",
    ];

    private readonly GuestAgentOptions _options = options;

    /// <remarks>The sizes are those of a copy by programs: a read is what one prints, a write what one reads.</remarks>
    public override ConnectionLimits Limits { get; } = new(
        LongestRequest: LongestInput / 3 * 4, ReadSize: 1 << 20, WriteSize: LongestInput / 4 * 3, Depth: 1, ShortestWait: TimeSpan.FromMilliseconds(250));

    protected override async Task<Answer> AskAsync(Request request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var arguments = request.Arguments ?? [];
        return request.Command switch
        {
            "guest-exec" => await ExecAsync(arguments, cancellationToken).ConfigureAwait(false),
            "guest-exec-status" => await ExecStatusAsync(arguments, cancellationToken).ConfigureAwait(false),
            ['g', 'u', 'e', 's', 't', '-', .. var word] when Words.Contains(word) => await CommandAsync(request, word, arguments, cancellationToken).ConfigureAwait(false),
            _ => throw Unsupported(request.Command),
        };
    }

    private async Task<Answer> CommandAsync(Request request, string word, JObject arguments, CancellationToken cancellationToken)
    {
        // What qm itself sends.
        var isPlain = arguments.Properties().All(argument => (request.Command, argument.Name, argument.Value.ToString()) is
            ("guest-shutdown", "mode", "powerdown") or ("guest-fstrim", "minimum", "0"));
        if (!isPlain)
            throw Unsupported($"{request.Command} with {string.Join(", ", arguments.Properties().Select(argument => $"'{argument.Name}'"))}");
        var run = await RunAsync(["cmd", machine, word], default, cancellationToken).ConfigureAwait(false);
        return run.ExitCode == 0 ? new Answer(ValueOf(run.Output), null, null) : Failed(run.Errors);
    }

    private async Task<Answer> ExecAsync(JObject arguments, CancellationToken cancellationToken)
    {
        if (arguments["env"] is not null)
            throw Unsupported("guest-exec with 'env'");
        if (arguments["capture-output"] is JValue { Value: string word })
            throw Unsupported($"guest-exec with 'capture-output' \"{word}\"");
        var input = Convert.FromBase64String((string?)arguments["input-data"] ?? "");
        if (input.Length > LongestInput)
            throw new QgaProtocolException($"guest-exec: qm passes on {LongestInput} bytes of input, and this are {input.Length}");
        string[] passing = input.Length > 0 ? ["--pass-stdin", "1"] : [];
        string[] words = [(string?)arguments["path"] ?? "", .. (arguments["arg"] as JArray ?? []).Select(argument => (string?)argument ?? "")];
        var run = await RunAsync(["exec", machine, "--synchronous", "0", .. passing, "--", .. words], input, cancellationToken).ConfigureAwait(false);
        return run.ExitCode == 0 ? new Answer(ValueOf(run.Output), null, null) : Failed(run.Errors);
    }

    /// <remarks>qm tells output as text and truths as 1.</remarks>
    private async Task<Answer> ExecStatusAsync(JObject arguments, CancellationToken cancellationToken)
    {
        var run = await RunAsync(["exec-status", machine, (string?)arguments["pid"] ?? ""], default, cancellationToken).ConfigureAwait(false);
        if (run.ExitCode != 0)
            return Failed(run.Errors);
        if (ValueOf(run.Output) is not JObject status)
            throw new QgaProtocolException($"{Name}: qm guest exec-status has printed no object");
        foreach (var member in status.Properties().ToList())
        {
            member.Value = member switch
            {
                { Name: "exited" or "out-truncated" or "err-truncated" } => IsTrue(member.Value),
                { Name: "out-data" or "err-data" } => Convert.ToBase64String(Encoding.UTF8.GetBytes((string?)member.Value ?? "")),
                _ => member.Value,
            };
        }

        return new Answer(status, null, null);
    }

    private static bool IsTrue(JToken value) => value is JValue { Value: true or 1L or "1" };

    private Task<HostProgram.Run> RunAsync(IEnumerable<string> arguments, ReadOnlyMemory<byte> input, CancellationToken cancellationToken) =>
        HostProgram.RunAsync(_options.QmProgram, ["guest", .. arguments], input, LongestAnswer, cancellationToken);

    /// <summary>What was returned: JSON, a bare word or number, or nothing.</summary>
    private JToken ValueOf(byte[] output)
    {
        var text = Encoding.UTF8.GetString(output).Trim();
        if (text.Length == 0)
            return new JObject();
        if (text[0] is '{' or '[')
            return Answer.TryParse($"{{\"return\":{text}}}")?["return"] ?? throw new QgaProtocolException($"{Name}: qm has printed what is no JSON");
        return long.TryParse(text, out var number) ? number : text.Trim('"');
    }

    private Answer Failed(string errors)
    {
        const string Agent = "Agent error: ";
        if (errors.IndexOf(Agent, StringComparison.Ordinal) is >= 0 and var at)
            return Error(errors[(at + Agent.Length)..]);
        throw errors.Contains("timeout", StringComparison.Ordinal) ? new QgaTimeoutException($"{Name}: {errors}") : new QgaConnectionException($"{Name}: {errors}");
    }

    private QgaUnsupportedException Unsupported(string what) => new(
        $"{Name}: qm has no word for {what}; root on the node reaches every command by unix:/var/run/qemu-server/{machine}.qga");
}
