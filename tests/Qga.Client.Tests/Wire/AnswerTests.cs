using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Client.Tests.Wire;

/// <summary>Answers of agents that mean no good, or know no better.</summary>
public sealed class AnswerTests : IAsyncDisposable
{
    private readonly FakeAgent _agent = new();

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Theory]
    [InlineData(20_000)]
    [InlineData(100)]
    public async Task Answer_that_is_deeper_than_any_is_none(int depth)
    {
        var failure = await Refused($$"""{"return": {{new string('[', depth)}}{{new string(']', depth)}}, "id": 1}""");
        Assert.StartsWith("what came is no answer of a guest agent: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_of_more_parts_than_any_is_none()
    {
        await Refused($$"""{"return": [{{string.Join(',', Enumerable.Repeat('0', 1 << 20))}}], "id": 1}""");
    }

    [Fact]
    public async Task Answer_of_many_parts_is_one()
    {
        await using var guest = await _agent.ConnectAsync();
        var asked = guest.CallAsync("guest-many");
        _agent.Answer(await _agent.NextAsync(), new JArray(Enumerable.Range(0, 200_000)));
        Assert.Equal(200_000, ((JArray)await asked.WaitAsync(Eventually.Patience)).Count);
    }

    [Theory]
    [InlineData("""{"class": {}, "desc": "why"}""", "GenericError", "why")]
    [InlineData("""{"class": [], "desc": {}}""", "GenericError", "an error without a description")]
    [InlineData("""{"class": "CommandNotFound", "desc": 7}""", "CommandNotFound", "CommandNotFound")]
    [InlineData("""{}""", "GenericError", "an error without a description")]
    [InlineData("""{"class": null, "desc": null}""", "GenericError", "an error without a description")]
    public async Task Error_is_told_whatever_its_parts_are(string error, string errorClass, string description)
    {
        await using var guest = await _agent.ConnectAsync();
        var asked = guest.PingAsync();
        await _agent.NextAsync();
        _agent.Send($$"""{"error": {{error}}}""" + "\n");
        var failure = await Assert.ThrowsAsync<QgaCommandException>(() => asked);
        Assert.Equal((errorClass, description), (failure.Class, failure.Description));
    }

    [Theory]
    [InlineData("""{"error": "no"}""")]
    [InlineData("""{"error": []}""")]
    [InlineData("""{"error": null}""")]
    public async Task Error_that_is_no_object_is_no_answer(string answer) => await Refused(answer);

    [Fact]
    public async Task Description_of_an_error_is_cut()
    {
        await using var guest = await _agent.ConnectAsync();
        var asked = guest.PingAsync();
        _agent.Refuse(await _agent.NextAsync(), new string('x', 1_000_000));
        Assert.InRange((await Assert.ThrowsAsync<QgaCommandException>(() => asked)).Description.Length, 1000, 20_000);
    }

    [Theory]
    [InlineData("\"AAE\\/\"", new byte[] { 0, 1, 63 })]
    [InlineData("\"\\u0041AE/\"", new byte[] { 0, 1, 63 })]
    [InlineData("\"\"", new byte[0])]
    public void Base64_may_have_escapes(string text, byte[] bytes)
    {
        byte[] buffer = [];
        var line = System.Text.Encoding.UTF8.GetBytes($$"""{"return": {"count": 3, "buf-b64": {{text}}, "eof": true}, "id": 5}""");
        Assert.Equal(bytes, Answer.Parse(line, "buf-b64", ref buffer).Payload.ToArray());
    }

    [Theory]
    [InlineData("\"AAE\"")]
    [InlineData("\"A E=!\"")]
    [InlineData("7")]
    [InlineData("{}")]
    public void Base64_that_is_none_is_refused(string text)
    {
        byte[] buffer = [];
        var line = System.Text.Encoding.UTF8.GetBytes($$"""{"return": {"count": 3, "buf-b64": {{text}}, "eof": true}, "id": 5}""");
        Assert.Throws<QgaProtocolException>(() => Answer.Parse(line, "buf-b64", ref buffer));
    }

    private async Task<QgaProtocolException> Refused(string answer)
    {
        await using var guest = await _agent.ConnectAsync();
        var asked = guest.CallAsync("guest-get-fsinfo");
        await _agent.NextAsync();
        _agent.Send(answer + "\n");
        return await Assert.ThrowsAsync<QgaProtocolException>(() => asked.WaitAsync(Eventually.Patience));
    }
}
