using Newtonsoft.Json.Linq;
using Qga.Testing;
using Qga.Transport.Framing;
using Qga.Transport.Protocol;
using Qga.Transport.Tests.Framing;

namespace Qga.Transport.Tests.Protocol;

/// <summary>What the real qemu-ga says of a list of strings. It is given none that it would accept.</summary>
public sealed class PeerArgumentsTests : IDisposable
{
    private readonly PeerAgent _peer = new();

    public void Dispose() => _peer.Dispose();

    [PeerFact]
    public void Lists_of_strings_are_refused_in_the_same_words()
    {
        string[] values =
        [
            "null", "1", "1.5", "true", "\"x\"", "{}", "{\"a\":1}", "[1]", "[\"a\",2]", "[null]", "[[]]", "[{}]", "[true,1]",
            "[\"a\",null,1]", "[\"\",\"\",[\"b\"]]", "[18446744073709551616]", "[1.0]", "[]", "[\"a\"]", $"[\"{new string('a', 5000)}\"]",
        ];
        using var client = _peer.Connect();
        foreach (var value in values)
        {
            var request = $"{{\"execute\":\"guest-exec\",\"arguments\":{{\"path\":\"/nonexistent\",\"arg\":{value},\"more\":1}}}}";
            client.Send(request + "\n");
            var answer = Assert.Single(new JsonMessageReader().ReadAll(client.ReadLine()!)).Value!;

            var message = Assert.Single(new JsonMessageReader().ReadAll(request)).Value!;
            var arguments = new QmpArguments((JObject)message["arguments"]!);
            var failure = Assert.Throws<CommandException>(() =>
            {
                arguments.String("path");
                arguments.OptionalStrings("arg");
                arguments.End();
            });
            Assert.Equal((string)answer["error"]!["desc"]!, failure.Message);
        }
    }
}
