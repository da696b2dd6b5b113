using Newtonsoft.Json.Linq;

namespace Qga.Client;

/// <summary>A domain of libvirt, asked by <c>virsh qemu-agent-command</c>, by whatever way virsh itself has to a libvirt.</summary>
internal sealed class VirshConnection(string name, string? uri, string domain, GuestAgentOptions options) : ProgramConnection(name, options)
{
    /// <summary>The longest string that libvirt's own protocol carries; in bytes.</summary>
    private const int LongestAnswer = 4 << 20;

    private const string Refused = "unable to execute QEMU agent command '";

    /// <summary>The request has left, and nothing has come: that of a guest that goes down or sleeps has done what it was to do.</summary>
    private static readonly string[] Silences = ["guest agent didn't respond to command", "disappeared while executing command"];

    /// <summary>Whether the request has left can't be known: some libvirts say the same when their own sync is not answered.</summary>
    private static readonly string[] Timeouts =
    [
        "guest agent didn't respond to", "Guest agent not available for now", "guest agent command timed out", "cannot acquire state change lock",
    ];

    /// <remarks>A request is one argument of a program, an answer one string of libvirt's protocol; base64 takes four bytes for three.</remarks>
    public override ConnectionLimits Limits { get; } = new(
        LongestRequest: HostProgram.LongestArgument,
        ReadSize: (LongestAnswer - 1024) / 4 * 3,
        WriteSize: (HostProgram.LongestArgument - Request.Envelope) / 4 * 3,
        Depth: 1,
        ShortestWait: TimeSpan.FromMilliseconds(100));

    protected override TimeSpan TimeFor(Request request, TimeSpan timeout) => request.IsAnswered ? timeout : Options.SilenceTimeout;

    protected override async Task<Answer> AskAsync(Request request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (request is { Command: "guest-set-user-password", Arguments: { } sent } && sent["crypted"] is not JValue { Value: true }
            && !Options.AllowsPasswordsAsArguments)
        {
            throw new QgaUnsupportedException(
                $"{Name}: virsh would have the password among its arguments, for everybody on this host to see: encrypt it by crypt(3), use " +
                $"another way to the guest, or set {nameof(GuestAgentOptions)}.{nameof(GuestAgentOptions.AllowsPasswordsAsArguments)}");
        }

        string[] arguments =
        [
            .. uri is null ? (string[])[] : ["-c", uri],
            "qemu-agent-command", domain, "--timeout", $"{(int)Math.Clamp(Math.Ceiling(timeout.TotalSeconds), 1, int.MaxValue)}", ArgumentOf(request),
        ];
        var run = await HostProgram.RunAsync(Options.VirshProgram, arguments, default, LongestAnswer + 1024, cancellationToken)
            .ConfigureAwait(false);
        byte[] payload = [];
        return run.ExitCode == 0
            ? Answer.Parse(run.Output.AsSpan().TrimEnd("\r\n "u8), request.PayloadName, ref payload)
            : Failed(request, run.Errors);
    }

    private Answer Failed(Request request, string errors)
    {
        var text = HostProgram.ReasonIn(errors);
        if (text.IndexOf(Refused, StringComparison.Ordinal) is >= 0 and var at
            && text.IndexOf("': ", at, StringComparison.Ordinal) is >= 0 and var end)
            return Error(text[(end + 3)..]);

        if (!request.IsAnswered && Has(Silences))
            return new Answer(new JObject(), null, null);
        throw Has(Timeouts) ? new QgaTimeoutException($"{Name}: {text}") : new QgaConnectionException($"{Name}: {text}");

        bool Has(string[] words) => words.Any(word => text.Contains(word, StringComparison.Ordinal));
    }
}
