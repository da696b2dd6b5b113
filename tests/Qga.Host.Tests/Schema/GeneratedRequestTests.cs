using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Host.Schema;
using Qga.Testing;

namespace Qga.Host.Tests.Schema;

/// <summary>Requests that are made from the schema, for the real qemu-ga and the published agent: both see in them what the schema does.</summary>
public sealed class GeneratedRequestTests : IDisposable
{
    private readonly AgentUnderTest[] _agents = [new PeerAgent(), new PublishedAgent()];
    private readonly List<QmpClient> _clients = [];

    public GeneratedRequestTests() => _clients.AddRange(_agents.Select(agent => agent.Connect()));

    private static IEnumerable<CommandSchema> Shared => ProtocolSchema.Commands.Where(command => !command.IsOurs);

    public void Dispose()
    {
        _clients.ForEach(client => client.Dispose());
        foreach (var agent in _agents)
            agent.Dispose();
    }

    [PeerFact]
    public void Request_that_the_schema_allows_is_well_formed_to_both()
    {
        // What changes the guest is not asked for here but with a handle or a program that isn't there.
        foreach (var command in Shared.Where(command => command.Description.Changes is null || command.Domain is "Files" or "Processes"))
        {
            foreach (var arguments in (JObject[])[Arguments(command, isWhole: false), Arguments(command, isWhole: true)])
            {
                Assert.True(Conformance.Allows(command.Name, arguments), $"{command.Name} {arguments}");
                foreach (var answer in Ask(command.Name, arguments))
                    Assert.False(IsErrorOfForm(answer), $"{command.Name} {arguments}: {answer}");
            }
        }
    }

    [PeerFact]
    public void Request_that_breaks_the_schema_in_one_place_is_refused_by_both_in_the_same_way()
    {
        foreach (var command in Shared)
        {
            foreach (var arguments in Broken(command))
            {
                Assert.False(Conformance.Allows(command.Name, arguments), $"{command.Name} {arguments}");
                var answers = Ask(command.Name, arguments);
                Assert.All(answers, answer => Assert.True(IsErrorOfForm(answer), $"{command.Name} {arguments}: {answer}"));
                Assert.Equal((string?)answers[0]["error"]!["class"], (string?)answers[1]["error"]!["class"]);
            }
        }
    }

    private static IEnumerable<JObject> Broken(CommandSchema command)
    {
        var whole = Arguments(command, isWhole: true);
        yield return With(whole, "no-such-argument", 1);
        foreach (var (name, _) in whole)
        {
            yield return With(whole, name, new JObject());
            yield return With(whole, name, JValue.CreateNull());
        }

        foreach (var argument in command.Arguments.Where(argument => !argument.IsOptional))
            yield return With(whole, argument.Name, value: null);
    }

    private static JObject With(JObject arguments, string name, JToken? value)
    {
        var changed = (JObject)arguments.DeepClone();
        if (value is null)
            changed.Remove(name);
        else
            changed[name] = value;
        return changed;
    }

    private static JObject Arguments(CommandSchema command, bool isWhole) => Members(command.Arguments, isWhole);

    private static JObject Members(IReadOnlyList<SchemaMember> members, bool isWhole) => new(
        from member in members
        where !member.IsOurs && (isWhole || !member.IsOptional)
        select new JProperty(member.Name, Value(member.Type, isWhole)));

    private static JToken Value(SchemaType type, bool isWhole) => type switch
    {
        SchemaType.Scalar { Kind: SchemaType.ScalarKind.Boolean } => false,
        SchemaType.Scalar { Kind: SchemaType.ScalarKind.Text } => "/nonexistent",
        SchemaType.Scalar { Kind: SchemaType.ScalarKind.Base64 } => "YWJj",
        SchemaType.Scalar => 1,
        SchemaType.Words words => words.Values[0],
        SchemaType.List list => new JArray(Value(list.Element, isWhole)),
        SchemaType.Alternate alternate => Value(alternate.Types[0], isWhole),
        SchemaType.Structure structure => Members(structure.Members, isWhole),
        _ => throw new InvalidOperationException($"unknown type {type}"),
    };

    private JObject[] Ask(string command, JObject arguments)
    {
        var request = new JObject { ["execute"] = command, ["arguments"] = arguments }.ToString(Formatting.None);
        return [.. _clients.Select(client => JObject.Parse(client.Ask(request).TrimStart('\xFF')))];
    }

    /// <summary>Whether the arguments were refused before anything was done with them.</summary>
    private static bool IsErrorOfForm(JObject answer) =>
        (string?)answer["error"]?["desc"] is { } desc
        && (desc.StartsWith("Parameter '", StringComparison.Ordinal) || desc.StartsWith("Invalid parameter type for '", StringComparison.Ordinal));
}
