using Newtonsoft.Json.Linq;
using Qga.Transport.Framing;
using Qga.Transport.Protocol;
using Qga.Transport.Tests.Framing;

namespace Qga.Transport.Tests.Protocol;

public class QmpRequestTests
{
    [Theory]
    [InlineData("""{"execute": "guest-ping"}""", "{}", null)]
    [InlineData("""{"arguments": {"a": 1}, "execute": "guest-ping"}""", """{"a":1}""", null)]
    [InlineData("""{"execute": "guest-ping", "id": [1, {}]}""", "{}", "[1,{}]")]
    [InlineData("""{"execute": "guest-ping", "id": null}""", "{}", "null")]
    public void Request_has_command_arguments_and_id(string text, string arguments, string? id)
    {
        var request = QmpRequest.Check(Parse(text), out var foundId, out var error);

        Assert.Null(error);
        Assert.Equal("guest-ping", request!.Command);
        Assert.Equal(arguments, request.Arguments.ToString(Newtonsoft.Json.Formatting.None));
        Assert.Equal(id, foundId?.ToString(Newtonsoft.Json.Formatting.None));
    }

    // The members are looked at in the order in which they come, and only then is one missed.
    [Theory]
    [InlineData("[]", "QMP input must be a JSON object")]
    [InlineData("\"guest-ping\"", "QMP input must be a JSON object")]
    [InlineData("7 ", "QMP input must be a JSON object")]
    [InlineData("null ", "QMP input must be a JSON object")]
    [InlineData("{}", "QMP input lacks member 'execute'")]
    [InlineData("""{"id": 1}""", "QMP input lacks member 'execute'")]
    [InlineData("""{"arguments": {}}""", "QMP input lacks member 'execute'")]
    [InlineData("""{"execute": 7}""", "QMP input member 'execute' must be a string")]
    [InlineData("""{"execute": null}""", "QMP input member 'execute' must be a string")]
    [InlineData("""{"execute": ["guest-ping"]}""", "QMP input member 'execute' must be a string")]
    [InlineData("""{"execute": "guest-ping", "arguments": []}""", "QMP input member 'arguments' must be an object")]
    [InlineData("""{"execute": "guest-ping", "arguments": null}""", "QMP input member 'arguments' must be an object")]
    [InlineData("""{"arguments": "x"}""", "QMP input member 'arguments' must be an object")]
    [InlineData("""{"execute": "guest-ping", "control": {}}""", "QMP input member 'control' is unexpected")]
    [InlineData("""{"exec-oob": "guest-ping"}""", "QMP input member 'exec-oob' is unexpected")]
    [InlineData("""{"": 1, "execute": "guest-ping"}""", "QMP input member '' is unexpected")]
    [InlineData("""{"Execute": "guest-ping"}""", "QMP input member 'Execute' is unexpected")]
    public void Wrong_form_has_its_text(string text, string desc)
    {
        Assert.Null(QmpRequest.Check(Parse(text), out _, out var error));
        Assert.Equal(new QmpError(QmpErrorClass.GenericError, desc), error);
    }

    [Fact]
    public void Id_is_found_even_in_a_request_of_wrong_form()
    {
        Assert.Null(QmpRequest.Check(Parse("""{"bad": 1, "id": "x"}"""), out var id, out var error));
        Assert.Equal("x", (string?)id);
        Assert.NotNull(error);
    }

    [Fact]
    public void Command_of_any_length_is_a_string()
    {
        var name = new string('ä', JsonMessageReader.LongStringThreshold);
        var message = new JsonMessageReader().ReadAll(System.Text.Encoding.UTF8.GetBytes($$"""{"execute": "{{name}}"}"""))[0].Value!;
        Assert.Equal(JTokenType.Bytes, message["execute"]!.Type);

        Assert.Equal(name, QmpRequest.Check(message, out _, out _)!.Command);
    }

    private static JToken Parse(string text) => Assert.Single(new JsonMessageReader().ReadAll(text + "\n")).Value!;
}
