using System.Reflection;
using Newtonsoft.Json.Linq;
using Qga.Client;
using Qga.Ctl.CommandLine;
using Qga.Ctl.Interruption;
using Qga.Ctl.Output;
using Qga.Ctl.Verbs;

namespace Qga.Ctl;

/// <summary>The tool from its command line to its exit code.</summary>
internal static class Tool
{
    private static readonly Option Version = new("version", "Print the version.", 'V');

    /// <summary>Does what the command line says.</summary>
    /// <param name="arguments">Its words.</param>
    /// <param name="streams">Where it reads and prints.</param>
    /// <param name="signals">By what it is given up.</param>
    /// <param name="noText">A word that is no UTF-8, and has come as another; null if there is none.</param>
    internal static async Task<int> RunAsync(IReadOnlyList<string> arguments, ToolStreams streams, Signals signals, string? noText = null)
    {
        IVerb? verb = null;
        var isJson = arguments.TakeWhile(word => word != "--").Contains("--json");
        try
        {
            if (noText is not null)
                throw new UsageException($"'{noText}' is no UTF-8, and can't be passed on as it is");
            var start = CommandWords.Parse(arguments, [.. Option.Common, Version], operandsBeforeOthers: 0);
            if (start.Has("version"))
            {
                streams.Out.WriteLine($"{VerbContext.ToolName} {VersionText}");
                return ExitCode.Success;
            }

            if (start.Operands is not [var name, .. var rest])
                return start.Has("help") ? Print(streams.Out, HelpText.OfTool(streams.Width)) : throw new UsageException("a verb is missing");
            if (name == "help")
                return Print(streams.Out, rest is [var topic] ? HelpText.Of(VerbNamed(topic), streams.Width) : HelpText.OfTool(streams.Width));
            verb = VerbNamed(name);
            string[] words = [.. arguments.SkipLast(start.Operands.Length), .. rest];
            var parsed = CommandWords.Parse(words, [.. verb.Options, .. Option.Common], verb.OperandsBeforeProgram);
            isJson = parsed.Has("json");
            if (parsed.Has("help"))
                return Print(streams.Out, HelpText.Of(verb, streams.Width));

            return await verb.RunAsync(parsed, new VerbContext(streams, signals, parsed.Value("connect"), parsed.Seconds("timeout"), isJson));
        }
        catch (OperationCanceledException failure) when (signals.Received is not null)
        {
            return Failed(failure, failure is GuestRunCanceledException ? failure.Message : "interrupted", 128 + signals.Received.Value);
        }
        catch (BrokenPipeException)
        {
            return ExitCode.BrokenPipe;
        }
        catch (PartlyDoneException failure)
        {
            var code = failure.Cause is OperationCanceledException && signals.Received is { } signal ? 128 + signal : ExitCode.Of(failure.Cause);
            var message = failure.Cause is OperationCanceledException ? "interrupted" : failure.Cause.Message;
            failure.Done["error"] = Json(failure.Cause, message)["error"];
            streams.Out.WriteLine(JsonText.Of(failure.Done));
            return code;
        }
        catch (Exception failure) when (failure is QgaException or UsageException or IOException or UnauthorizedAccessException)
        {
            var code = failure is UsageException ? ExitCode.Usage : ExitCode.Of(failure);
            return Failed(failure, failure.Message, verb is null ? code : verb.ExitCodeOf(failure, code));
        }
        catch (Exception fault)
        {
            var code = verb?.ExitCodeOf(fault, ExitCode.Fault) ?? ExitCode.Fault;
            return Failed(fault, $"a fault of {VerbContext.ToolName}: {fault.GetType().Name}: {fault.Message}", code);
        }

        int Failed(Exception failure, string message, int code)
        {
            try
            {
                if (isJson)
                    streams.Out.WriteLine(JsonText.Of(Json(failure, message)));
                else
                    streams.Error.WriteLine($"{VerbContext.ToolName}: {Printable.Of(message)}");
                if (failure is UsageException && !isJson)
                    streams.Error.WriteLine($"Try '{VerbContext.ToolName}{(verb is null ? "" : $" {verb.Name}")} --help'.");
            }
            catch (IOException)
            {
                // There is nobody to tell, and the exit code says it.
            }

            return code;
        }
    }

    private static string VersionText =>
        typeof(Tool).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private static IVerb VerbNamed(string name) =>
        VerbList.All.FirstOrDefault(verb => verb.Name == name) ?? throw new UsageException($"there is no verb '{name}'");

    private static int Print(TextWriter to, string text)
    {
        to.Write(text);
        return ExitCode.Success;
    }

    /// <summary>A failure as <c>--json</c> tells it.</summary>
    internal static JObject Json(Exception failure, string message)
    {
        var error = new JObject
        {
            ["kind"] = failure switch
            {
                UsageException or QgaAddressException => "usage",
                QgaCommandException => "command",
                QgaTimeoutException => "timeout",
                QgaConnectionException => "connection",
                QgaProtocolException => "protocol",
                QgaUnsupportedException => "unsupported",
                QgaVerificationException => "verification",
                QgaGuestException => "guest",
                OperationCanceledException => "interrupted",
                IOException or UnauthorizedAccessException => "host",
                _ => "fault",
            },
            ["message"] = message,
        };
        if (failure is QgaCommandException command)
            (error["command"], error["class"], error["desc"]) = (command.Command, command.Class, command.Description);
        return new JObject { ["error"] = error };
    }
}
