using System.Reflection;
using System.Text;
using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Client.Tests.Commands;

/// <summary>Every command has a method, which asks and understands as what was recorded with a real agent.</summary>
public sealed class RecordedCommandTests
{
    private static readonly JObject Schema = (JObject)JObject.Parse(File.ReadAllText(Repository.PathOf("schema/qga.schema.json")))["properties"]!;

    private static IReadOnlyDictionary<string, MethodInfo> Methods { get; } = typeof(GuestCommands)
        .GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        .Where(method => method.Name != nameof(GuestCommands.CallAsync))
        .ToDictionary(method => WireName(method.Name));

    public static TheoryData<string> Recorded => [.. Transcript.Load("commands").Values
        .Where(transcript => transcript.Answers is [var answer] && answer.Contains("\"return\"", StringComparison.Ordinal))
        .Select(transcript => transcript.Name)];

    /// <remarks>What has neither prefix is answered to root in the guest alone.</remarks>
    [Fact]
    public void Every_command_of_the_schema_for_hosts_has_a_method_and_every_method_is_a_command()
    {
        var known = Schema.Properties().Select(command => command.Name).ToLookup(name => name.StartsWith("guest-", StringComparison.Ordinal));
        var ours = known[false].Where(name => name.StartsWith("__org.qga_", StringComparison.Ordinal));
        Assert.Equal(known[true].Concat(ours).Select(WireName).Order(), Methods.Keys.Order());
        Assert.Equal(43, known[true].Count());
    }

    [Theory]
    [MemberData(nameof(Recorded))]
    public async Task Command_is_asked_for_and_understood(string name)
    {
        var transcript = Transcript.Load("commands")[name];
        var request = JObject.Parse(Encoding.Latin1.GetString(transcript.Send).TrimStart('\xFF'));
        var answer = JObject.Parse(transcript.Answers[0].TrimStart('\xFF'));
        await using var agent = new FakeAgent();
        await using var guest = await agent.ConnectAsync();
        var method = Methods[WireName((string)request["execute"]!)];

        var asked = (Task)method.Invoke(guest, [.. method.GetParameters().Select(parameter => ValueOf(parameter, (JObject?)request["arguments"] ?? []))])!;
        var sent = await agent.NextAsync((string)request["execute"]!);
        Assert.True(JToken.DeepEquals(request["arguments"] ?? new JObject(), Plain(sent["arguments"]!)), $"{sent["arguments"]}");
        agent.Answer(sent, answer["return"]!);
        await asked;

        if (asked.GetType().GetProperty("Result")?.GetValue(asked) is { } result && result.GetType().FullName != "System.Threading.Tasks.VoidTaskResult")
            AssertTold(answer["return"]!, result);
    }

    /// <summary>Asserts that all that was answered is in the result.</summary>
    private static void AssertTold(JToken answer, object? result)
    {
        switch (answer)
        {
            case JArray list:
                var elements = Assert.IsType<System.Collections.IEnumerable>(result, exactMatch: false).Cast<object>().ToList();
                Assert.Equal(list.Count, elements.Count);
                foreach (var (element, told) in list.Zip(elements))
                    AssertTold(element, told);
                break;
            case JObject members:
                Assert.NotNull(result);
                var properties = result.GetType().GetProperties().ToDictionary(property => WireName(property.Name));
                foreach (var member in members.Properties())
                    AssertTold(member.Value, properties[PropertyName(member.Name)].GetValue(result));
                break;
            case JValue { Value: string text } when result is byte[] bytes:
                Assert.Equal(text, Convert.ToBase64String(bytes));
                break;
            case JValue value:
                Assert.Equal(value.ToString(System.Globalization.CultureInfo.InvariantCulture), Convert.ToString(result, System.Globalization.CultureInfo.InvariantCulture));
                break;
        }
    }

    /// <summary>Words for numbers where the oldest agents know numbers alone.</summary>
    private static JToken Plain(JToken arguments)
    {
        if (arguments["whence"] is JValue { Value: long whence })
            arguments["whence"] = new[] { "set", "cur", "end" }[whence];
        return arguments;
    }

    private static object? ValueOf(ParameterInfo parameter, JObject arguments)
    {
        if (parameter.ParameterType == typeof(CancellationToken))
            return CancellationToken.None;
        var value = arguments.Properties().FirstOrDefault(argument => PropertyName(argument.Name) == WireName(parameter.Name!))?.Value;
        return value is null ? null : ValueOf(Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType, value);
    }

    private static object ValueOf(Type type, JToken value) => type switch
    {
        _ when type == typeof(byte[]) => Convert.FromBase64String((string)value!),
        _ when type == typeof(IEnumerable<string>) => value.Select(element => (string)element!).ToList(),
        _ when type == typeof(IEnumerable<GuestLogicalProcessorChange>) => value
            .Select(element => new GuestLogicalProcessorChange { LogicalId = (long)element["logical-id"]!, Online = (bool)element["online"]! }).ToList(),
        _ when type == typeof(IEnumerable<GuestMemoryBlockChange>) => value
            .Select(element => new GuestMemoryBlockChange { PhysIndex = (ulong)element["phys-index"]!, Online = (bool)element["online"]! }).ToList(),
        _ when type == typeof(GuestExecCaptureOutput) && value.Type == JTokenType.Boolean => (bool)value ? GuestExecCaptureOutput.Separated : GuestExecCaptureOutput.None,
        _ when type.IsEnum => Enum.GetValues(type).Cast<Enum>().Single(word => Word(word) == (string)value!),
        _ => value.ToObject(type)!,
    };

    private static string Word(Enum word) => word.ToString().Replace("Plus", "+", StringComparison.Ordinal).ToLowerInvariant();

    /// <summary>What a name has in common with that on the wire: letters alone.</summary>
    private static string WireName(string name) =>
        string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant() is var letters && letters.EndsWith("async", StringComparison.Ordinal)
            ? $"guest{letters[..^5]}".Replace("guestqga", "qga", StringComparison.Ordinal)
            : letters.Replace("orgqga", "qga", StringComparison.Ordinal);

    private static string PropertyName(string name) => WireName(name switch
    {
        "buf-b64" => "data",
        "input-data" => "input",
        "arg" => "arguments",
        "env" => "environment",
        "mem-blks" => "blocks",
        "desprefixlen" => "destinationprefixlength",
        "srcprefixlen" => "sourceprefixlength",
        _ => name,
    });
}
