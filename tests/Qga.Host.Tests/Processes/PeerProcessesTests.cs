using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Host.Tests.Processes;

/// <summary>The same programs, run by the real qemu-ga and by the published agent.</summary>
public sealed class PeerProcessesTests
{
    [PeerTheory]
    [InlineData("exit 300")]
    [InlineData("kill -9 $$")]
    [InlineData("echo out; echo error >&2; exit 1")]
    [InlineData("echo out", "false")]
    [InlineData("echo out; echo error >&2", "\"stdout\"")]
    [InlineData("echo out; echo error >&2", "\"separated\"")]
    [InlineData("echo out; echo error >&2", "\"merged\"")]
    [InlineData("head -c 16777217 /dev/zero | tr '\\0' x; head -c 16777216 /dev/zero >&2")]
    [InlineData("exec >&- 2>&-; exit 4")]
    [InlineData("pwd | sed 's/.*-//' | wc -l; umask; ulimit -a; cut -d' ' -f4- /proc/self/stat | wc -w; echo $0 $#")]
    [InlineData("[ $(cut -d' ' -f6 /proc/$$/stat) = $(cut -d' ' -f6 /proc/$PPID/stat) ]; echo session $?")]
    [InlineData("[ $(cut -d' ' -f5 /proc/$$/stat) = $(cut -d' ' -f5 /proc/$PPID/stat) ]; echo group $?")]
    [InlineData("for i in 0 1 2 3 4 5 6 7 8 9; do [ -e /proc/self/fd/$i ] && readlink /proc/self/fd/$i | cut -c1-5; done")]
    public void Program_ends_the_same(string script, string capture = "true") =>
        AssertSame(GuestProgram.Request("/bin/sh", ["-c", script], ("capture-output", JToken.Parse(capture))));

    [PeerTheory]
    [InlineData("""{"path": "env", "env": []}""")]
    [InlineData("""{"path": "env", "env": ["A=1", "=x", "B", "A=2", ""]}""")]
    [InlineData("""{"path": "/usr/bin/env", "env": ["PATH=/none"]}""")]
    [InlineData("""{"path": "sh", "arg": ["-c", "tr '\\0' '|' < /proc/$$/cmdline"]}""")]
    [InlineData("""{"path": "cat", "input-data": "aGVsbG8="}""")]
    [InlineData("""{"path": "cat", "input-data": "aGVs\nbG8=\n"}""")]
    [InlineData("""{"path": "cat", "input-data": ""}""")]
    [InlineData("""{"path": "cat"}""")]
    [InlineData("""{"path": "echo", "arg": ["ä€𝄞", "", " "]}""")]
    public void Program_is_given_the_same(string arguments) => AssertSame(Exec(arguments));

    [PeerTheory]
    [InlineData("""{"path": "/no/such"}""")]
    [InlineData("""{"path": "nosuchprogram"}""")]
    [InlineData("""{"path": ""}""")]
    [InlineData("""{"path": "/etc/passwd"}""")]
    [InlineData("""{"path": "/etc/passwd/x"}""")]
    [InlineData("""{"path": "/etc"}""")]
    [InlineData("""{"path": "env", "env": ["PATH=/none"]}""")]
    [InlineData("""{"path": "passwd", "env": ["PATH=/etc"]}""")]
    [InlineData("""{"path": "true", "input-data": "*"}""")]
    [InlineData("""{"path": "true", "capture-output": "all"}""")]
    [InlineData("""{"path": "true", "capture-output": 1}""")]
    [InlineData("""{"path": "true", "capture-output": null}""")]
    [InlineData("""{"path": "true", "arg": [1]}""")]
    [InlineData("""{"arg": [1]}""")]
    public void Refusal_is_the_same(string arguments)
    {
        using var pair = new Inventory.AgentPair();
        pair.AssertSameError(Exec(arguments));
    }

    private static string Exec(string arguments)
    {
        var members = JObject.Parse(arguments);
        members.TryAdd("capture-output", true);
        return new JObject { ["execute"] = "guest-exec", ["arguments"] = members }.ToString(Formatting.None);
    }

    private static void AssertSame(string request)
    {
        using var peer = new PeerAgent();
        using var ours = new PublishedAgent();
        Assert.Equal(EndBy(peer, request), EndBy(ours, request));
    }

    private static string EndBy(AgentUnderTest agent, string request)
    {
        using var client = agent.Connect();
        request = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(request));
        var end = (JObject)GuestProgram.EndOf(client, (int)Qmp.Return(client.Ask(request))["pid"]!);
        return new JObject(end.Properties().OrderBy(member => member.Name, StringComparer.Ordinal)).ToString();
    }
}
