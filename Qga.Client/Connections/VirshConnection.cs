using Newtonsoft.Json.Linq;

namespace Qga.Client;

/// <summary>A domain of libvirt, asked by <c>virsh qemu-agent-command</c>, by whatever way virsh itself has to a libvirt.</summary>
internal sealed class VirshConnection(string name, string? uri, string domain, GuestAgentOptions options) : ProgramConnection(name, options)
{
    /// <summary>The longest string that libvirt's own protocol carries; in bytes.</summary>
    private const int LongestAnswer = 4 << 20;

    private const string Refused = "unable to execute QEMU agent command '";

    private readonly GuestAgentOptions _options = options;

    /// <remarks>A request is one argument of a program, an answer one string of libvirt's protocol; base64 takes four bytes for three.</remarks>
    public override ConnectionLimits Limits { get; } = new(
        LongestRequest: HostProgram.LongestArgument,
        ReadSize: (LongestAnswer - 1024) / 4 * 3,
        WriteSize: (HostProgram.LongestArgument - Request.Envelope) / 4 * 3,
        Depth: 1,
        ShortestWait: TimeSpan.FromMilliseconds(100));

    protected override async Task<Answer> AskAsync(Request request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        string[] arguments =
        [
            .. uri is null ? (string[])[] : ["-c", uri],
            "qemu-agent-command", domain, "--timeout", $"{(int)Math.Clamp(Math.Ceiling(timeout.TotalSeconds), 1, int.MaxValue)}", ArgumentOf(request),
        ];
        var run = await HostProgram.RunAsync(_options.VirshProgram, arguments, default, LongestAnswer + 1024, cancellationToken)
            .ConfigureAwait(false);
        byte[] payload = [];
        return run.ExitCode == 0
            ? Answer.Parse(run.Output.AsSpan().TrimEnd("\r\n "u8), request.PayloadName, ref payload)
            : Failed(request, run.Errors);
    }

    private Answer Failed(Request request, string errors)
    {
        var text = errors.StartsWith("error: ", StringComparison.Ordinal) ? errors["error: ".Length..] : errors;
        if (text.IndexOf(Refused, StringComparison.Ordinal) is >= 0 and var at
            && text.IndexOf("': ", at, StringComparison.Ordinal) is >= 0 and var end)
            return Error(text[(end + 3)..]);

        // A guest that goes down or sleeps says nothing more.
        var isTimeout = text.Contains("timed out", StringComparison.OrdinalIgnoreCase) || text.Contains("didn't respond", StringComparison.Ordinal);
        if (!request.IsAnswered && (isTimeout || text.Contains("disappeared", StringComparison.Ordinal)))
            return new Answer(new JObject(), null, null);
        throw isTimeout ? new QgaTimeoutException($"{Name}: {text}") : new QgaConnectionException($"{Name}: {text}");
    }
}
