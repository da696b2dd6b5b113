using Newtonsoft.Json.Linq;
using Qga.Testing;
using Qga.Transport.Framing;
using Qga.Transport.Protocol;
using Qga.Transport.Tests.Framing;

namespace Qga.Transport.Tests.Protocol;

/// <summary>What the real qemu-ga says of lists. It is given none that it would accept.</summary>
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
        AssertSame("guest-exec", values.Select(value => $"{{\"path\":\"/nonexistent\",\"arg\":{value},\"more\":1}}"), arguments =>
        {
            arguments.String("path");
            arguments.OptionalStrings("arg");
        });
    }

    [PeerFact]
    public void Lists_of_objects_are_refused_in_the_same_words()
    {
        string[] values =
        [
            "null", "1", "{}", "[1]", "[null]", "[[]]", "[{}]", "[]", "[{\"phys-index\":1}]", "[{\"online\":true}]",
            "[{\"phys-index\":1,\"online\":1}]", "[{\"phys-index\":\"1\",\"online\":true}]", "[{\"phys-index\":1.0,\"online\":true}]",
            "[{\"phys-index\":-1,\"online\":true}]", "[{\"phys-index\":18446744073709551615,\"online\":true}]",
            "[{\"phys-index\":18446744073709551616,\"online\":true}]", "[{\"phys-index\":1,\"online\":true,\"can-offline\":0}]",
            "[{\"phys-index\":1,\"online\":true,\"other\":0}]", "[{\"phys-index\":1,\"online\":true},{\"online\":true}]",
            "[{\"phys-index\":1,\"online\":null}]", "[{\"phys-index\":null,\"online\":true}]",
        ];
        AssertSame("guest-set-memory-blocks", values.Select(value => $"{{\"mem-blks\":{value},\"more\":1}}"), arguments => arguments.Objects(
            "mem-blks",
            static block => (block.UnsignedInteger("phys-index"), block.Boolean("online"), block.OptionalBoolean("can-offline"))));
    }

    private void AssertSame(string command, IEnumerable<string> arguments, Action<QmpArguments> read)
    {
        using var client = _peer.Connect();
        foreach (var text in arguments)
        {
            client.Send($"{{\"execute\":\"{command}\",\"arguments\":{text}}}\n");
            var answer = Assert.Single(new JsonMessageReader().ReadAll(client.ReadLine()!)).Value!;

            var ours = new QmpArguments((JObject)Assert.Single(new JsonMessageReader().ReadAll(text)).Value!);
            var failure = Assert.Throws<CommandException>(() =>
            {
                read(ours);
                ours.End();
            });
            Assert.Equal((string)answer["error"]!["desc"]!, failure.Message);
        }
    }
}
