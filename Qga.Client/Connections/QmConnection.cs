using System.Globalization;
using System.Text;
using Newtonsoft.Json.Linq;

namespace Qga.Client;

/// <summary>
/// A machine of this Proxmox VE node, asked by <c>qm guest</c>, qm(1). That has words for many commands, but not for all; what it has none
/// for is refused by name. Files are reached by programs that it runs in the guest.
/// </summary>
internal sealed class QmConnection : ProgramConnection
{
    /// <summary>How much qm passes on as a program's input; in bytes.</summary>
    private const int LongestInput = 1 << 20;

    /// <summary>What <c>qm guest cmd</c> takes, without <c>guest-</c>. None of them has arguments there.</summary>
    private static readonly HashSet<string> Words =
    [
        "fsfreeze-freeze", "fsfreeze-status", "fsfreeze-thaw", "fstrim", "get-fsinfo", "get-host-name", "get-memory-block-info", "get-memory-blocks",
        "get-osinfo", "get-time", "get-timezone", "get-users", "get-vcpus", "info", "network-get-interfaces", "ping", "shutdown", "suspend-disk",
        "suspend-hybrid", "suspend-ram",
    ];

    private readonly string _machine;
    private readonly QmFiles _files;

    internal QmConnection(string name, string machine, GuestAgentOptions options)
        : base(name, options)
    {
        _machine = machine;
        _files = new QmFiles(RunInGuestAsync);
    }

    /// <remarks>A read is what a program prints, a write what one reads, as base64.</remarks>
    public override ConnectionLimits Limits { get; } = new(
        LongestRequest: LongestInput,
        ReadSize: LongestInput,
        WriteSize: LongestInput / 4 * 3,
        Depth: 1,
        ShortestWait: TimeSpan.FromMilliseconds(250));

    protected override async Task<Answer> AskAsync(Request request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (await _files.TryAskAsync(request, timeout, cancellationToken).ConfigureAwait(false) is { } answer)
            return answer;

        var arguments = new RequestArguments(request);
        const string Prefix = "guest-";
        var word = request.Command.StartsWith(Prefix, StringComparison.Ordinal) ? request.Command[Prefix.Length..] : "";
        return request.Command switch
        {
            "guest-exec" => await ExecAsync(request, arguments, cancellationToken).ConfigureAwait(false),
            "guest-exec-status" => await ExecStatusAsync(request, arguments, cancellationToken).ConfigureAwait(false),
            _ when Words.Contains(word) => await CommandAsync(request, word, cancellationToken).ConfigureAwait(false),
            _ => throw Unsupported(request.Command),
        };
    }

    private async Task<Answer> CommandAsync(Request request, string word, CancellationToken cancellationToken)
    {
        // What qm itself sends.
        var arguments = request.Arguments ?? [];
        var isPlain = arguments.Properties().All(argument => (request.Command, argument.Name, argument.Value.ToString()) is
            ("guest-shutdown", "mode", "powerdown") or ("guest-fstrim", "minimum", "0"));
        if (!isPlain)
            throw Unsupported($"{request.Command} with {string.Join(", ", arguments.Properties().Select(argument => $"'{argument.Name}'"))}");
        var run = await RunAsync(request, ["cmd", _machine, word], default, cancellationToken).ConfigureAwait(false);
        return run.ExitCode == 0 ? new Answer(ValueOf(run.Output), null, null) : Failed(request, run.Errors);
    }

    private async Task<Answer> ExecAsync(Request request, RequestArguments arguments, CancellationToken cancellationToken)
    {
        if (arguments.Has("env"))
            throw Unsupported("guest-exec with 'env'");
        if (request.Arguments?["capture-output"] is JValue { Value: string word })
            throw Unsupported($"guest-exec with 'capture-output' \"{word}\"");
        var input = arguments.OptionalBytes("input-data") ?? [];
        if (input.Length > LongestInput)
            throw new QgaProtocolException($"guest-exec: qm passes on {LongestInput} bytes of input, and this are {input.Length}");
        string[] passing = input.Length > 0 ? ["--pass-stdin", "1"] : [];
        string[] sent = ["exec", _machine, "--synchronous", "0", .. passing, "--", arguments.Text("path"), .. arguments.Texts("arg")];
        var run = await RunAsync(request, sent, input, cancellationToken).ConfigureAwait(false);
        return run.ExitCode == 0 ? new Answer(ValueOf(run.Output), null, null) : Failed(request, run.Errors);
    }

    private async Task<Answer> ExecStatusAsync(Request request, RequestArguments arguments, CancellationToken cancellationToken)
    {
        var pid = arguments.Integer("pid").ToString(CultureInfo.InvariantCulture);
        var run = await RunAsync(request, ["exec-status", _machine, pid], default, cancellationToken).ConfigureAwait(false);
        if (run.ExitCode != 0)
            return Failed(request, run.Errors);
        var status = StatusOf(run.Output);
        foreach (var member in status.Properties().ToList())
        {
            if (member.Name is "out-data" or "err-data")
                member.Value = Convert.ToBase64String(BytesOf(member.Value));
        }

        return new Answer(status, null, null);
    }

    /// <summary>Runs a script to its end, which qm waits for.</summary>
    private async Task<GuestShell.Run> RunInGuestAsync(
        string script, string[] arguments, ReadOnlyMemory<byte> input, TimeSpan timeout, CancellationToken cancellationToken)
    {
        string[] passing = input.Length > 0 ? ["--pass-stdin", "1"] : [];
        string[] words =
        [
            "exec", _machine, "--timeout", $"{(int)Math.Ceiling(timeout.TotalSeconds)}", .. passing, "--",
            GuestShell.Program, .. GuestShell.Arguments(script, arguments),
        ];
        var exec = new Request("guest-exec");
        var run = await RunAsync(exec, words, input, cancellationToken).ConfigureAwait(false);
        if (run.ExitCode != 0)
            _ = Failed(exec, run.Errors).ReturnOf(exec.Command);
        var status = StatusOf(run.Output);
        if (status["exited"] is not JValue { Value: true })
            throw new QgaTimeoutException($"{Name}: what reads or writes a file in the guest has not ended within {timeout.TotalSeconds} s");
        var members = new AnswerMembers(status, "GuestExecStatus");
        return new GuestShell.Run(
            GuestShell.ExitCodeOf(members.OptionalInteger("exitcode"), members.OptionalInteger("signal")),
            BytesOf(status["out-data"]), BytesOf(status["err-data"]));
    }

    /// <remarks>
    /// qm tells truths as 1, and output as text: in the JSON that it prints, each byte that a program has printed is a character up to U+00FF.
    /// </remarks>
    private JObject StatusOf(byte[] output)
    {
        if (ValueOf(output) is not JObject status)
            throw new QgaProtocolException($"{Name}: qm has printed no object");
        foreach (var member in status.Properties().ToList())
        {
            if (member.Name is "exited" or "out-truncated" or "err-truncated")
                member.Value = IsTrue(member.Value);
        }

        return status;
    }

    private static bool IsTrue(JToken value) => value is JValue { Value: true or 1L or "1" };

    private byte[] BytesOf(JToken? output) => output switch
    {
        null => [],
        JValue { Value: string text } when !text.AsSpan().ContainsAnyExceptInRange('\0', '\xFF') => Encoding.Latin1.GetBytes(text),

        // A number is what a program has printed, for Perl.
        JValue { Value: long number } => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)),
        _ => throw new QgaProtocolException($"{Name}: qm has printed output that is not made of bytes"),
    };

    private Task<HostProgram.Run> RunAsync(
        Request request, IEnumerable<string> arguments, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        // What is not ASCII takes two bytes there, and escapes six.
        const int Escaped = 6;
        return HostProgram.RunAsync(Options.QmProgram, ["guest", .. arguments], input, request.LongestAnswer * Escaped, cancellationToken);
    }

    /// <summary>What was returned: JSON, a bare word or number, or nothing.</summary>
    private JToken ValueOf(byte[] output)
    {
        var text = Encoding.UTF8.GetString(output).Trim();
        if (text.Length == 0)
            return new JObject();
        if (text[0] is '{' or '[')
            return Answer.TryParse($"{{\"return\":{text}}}")?["return"] ?? throw new QgaProtocolException($"{Name}: qm has printed what is no JSON");
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : text.Trim('"');
    }

    private Answer Failed(Request request, string errors)
    {
        const string Agent = "Agent error: ";
        if (errors.IndexOf(Agent, StringComparison.Ordinal) is >= 0 and var at)
            return Error(errors[(at + Agent.Length)..]);

        // The agent has answered qm's ping just before.
        if (!request.IsAnswered && errors.Contains($"qmp command '{request.Command}' failed - got timeout", StringComparison.Ordinal))
            return new Answer(new JObject(), null, null);
        throw errors.Contains("got timeout", StringComparison.Ordinal)
            ? new QgaTimeoutException($"{Name}: {errors}")
            : new QgaConnectionException($"{Name}: {errors}");
    }

    private QgaUnsupportedException Unsupported(string what) => new(
        $"{Name}: qm has no word for {what}; root on the node reaches every command by unix:/var/run/qemu-server/{_machine}.qga");
}
