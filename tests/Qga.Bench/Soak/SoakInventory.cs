using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Bench.Soak;

/// <summary>All commands that only read, with what an answer must look like: as the first one did, before the load.</summary>
internal sealed class SoakInventory
{
    /// <summary>What the guest has and does not change is answered alike to the letter.</summary>
    private static readonly string[] Constant =
        ["guest-get-host-name", "guest-get-osinfo", "guest-get-timezone", "guest-get-vcpus", "guest-get-memory-block-info", "guest-ssh-get-authorized-keys"];

    private readonly string[] _mountPoints;
    private readonly (string Command, string Request, string First)[] _questions;

    internal SoakInventory(SoakConnection connection, IEnumerable<string> mountPoints)
    {
        _mountPoints = [.. mountPoints];
        _questions = [.. Qmp.Return(connection.Ask(Qmp.Request("guest-info")))["supported_commands"]!
            .Select(command => (string)command["name"]!)
            .Where(name => name.Contains("-get-", StringComparison.Ordinal) || name == "guest-info")
            .Select(name => (Command: name, Request: RequestOf(name)))
            .Select(question => (question.Command, question.Request, connection.Ask(question.Request)))];
    }

    internal int Count => _questions.Length;

    /// <summary>The commands that this machine has no answer for, with the error that each gives instead.</summary>
    internal IEnumerable<string> Refused =>
        _questions.Where(question => IsError(question.First)).Select(question => $"{question.Command}: {question.First}");

    /// <summary>Asks one of them, and checks the answer.</summary>
    internal void Ask(SoakConnection connection, int number)
    {
        var (command, request, first) = _questions[number];
        var answer = connection.Ask(request);
        if (IsError(first) || Constant.Contains(command))
        {
            SoakConnection.Check(request, answer, first);
            return;
        }

        if (IsError(answer) || Shape(Qmp.Return(answer)) != Shape(Qmp.Return(first)))
            throw new InvalidDataException($"{request} was answered by {SoakConnection.Quote(answer)}, and first by {SoakConnection.Quote(first)}");
        if (command == "guest-get-fsinfo" && _mountPoints.Except(Qmp.Return(answer).Select(system => (string)system["mountpoint"]!)).Any())
            throw new InvalidDataException($"{request} does not name all of {string.Join(' ', _mountPoints)}: {answer}");
    }

    private static string RequestOf(string command) =>
        command == "guest-ssh-get-authorized-keys" ? Qmp.Request(command, ("username", "root")) : Qmp.Request(command);

    private static bool IsError(string answer) => answer.StartsWith("{\"error\"", StringComparison.Ordinal);

    /// <summary>The members of an object, the kind of the elements of a list: how many these are may change with the machine.</summary>
    private static string Shape(JToken value) => value switch
    {
        JObject members => string.Join(' ', members.Properties().Select(member => $"{member.Name}:{KindOf(member.Value)}")),
        JArray elements when elements.All(element => element.Type == JTokenType.Object) => "list of objects",
        _ => KindOf(value),
    };

    /// <summary>A load that happens to be whole is written without a point.</summary>
    private static string KindOf(JToken value) => value.Type is JTokenType.Integer or JTokenType.Float ? "number" : $"{value.Type}";
}
