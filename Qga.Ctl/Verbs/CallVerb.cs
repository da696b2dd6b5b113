using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Qga.Client;
using Qga.Ctl.CommandLine;

namespace Qga.Ctl.Verbs;

/// <summary>Sends one command, and prints what it returns.</summary>
internal sealed class CallVerb : IVerb
{
    /// <summary>The start of the names of what leaves a guest frozen.</summary>
    private const string Freeze = "guest-fsfreeze-freeze";

    public string Name => "call";

    public string Summary => "Send a command of the protocol, and print what it returns.";

    public string Synopsis => "GUEST COMMAND [JSON]";

    public string Description => """
        JSON is the object of the command's arguments; - reads it from standard input.
        What the command returns is printed as JSON, with --json on one line.
        """;

    public async Task<int> RunAsync(CommandWords words, VerbContext context)
    {
        if (words.All is not [var name, var command, .. var rest] || rest.Length > 1)
            throw new UsageException($"what is needed is {Synopsis}");
        if (command.Length == 0)
            throw new UsageException("the name of the command is empty");
        var arguments = rest is [var text] ? Parse(text == "-" ? await context.Streams.ReadTextAsync(context.Cancellation) : text) : null;
        await using var guest = await context.ConnectAsync(name);
        try
        {
            context.Print(await guest.CallAsync(command, arguments, context.Cancellation), isIndented: !context.IsJson);
            return ExitCode.Success;
        }
        catch (Exception failure)
            when (failure is OperationCanceledException or QgaTimeoutException or QgaConnectionException or QgaProtocolException)
        {
            var isFreeze = command.StartsWith(Freeze, StringComparison.Ordinal);
            context.Note($"{command} may be carried out all the same{(isFreeze ? ": thaw the guest" : "")}");
            throw;
        }
    }

    private static JObject Parse(string text)
    {
        try
        {
            using var reader = new JsonTextReader(new StringReader(text)) { DateParseHandling = DateParseHandling.None };
            var value = JToken.ReadFrom(reader);
            return !reader.Read() && value is JObject arguments ? arguments : throw new UsageException("the arguments are no JSON object");
        }
        catch (JsonReaderException failure)
        {
            throw new UsageException($"the arguments are no JSON: {failure.Message}");
        }
    }
}
