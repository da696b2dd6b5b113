using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Host.Tests.Accounts;

/// <summary>Users of nobody's, in a root file system of their own; the real qemu-ga and ours work on the same ones in turns.</summary>
public sealed class AccountsLab : IDisposable
{
    public const string Home = "/home/alice";
    public const string Keys = $"{Home}/.ssh/authorized_keys";

    private readonly Lazy<FreezeLab> _lab = new(Make);
    private readonly Lazy<FreezeLabAgent> _peer;
    private readonly Lazy<FreezeLabAgent> _ours;

    public AccountsLab()
    {
        _peer = new(() => FreezeLabAgent.StartPeer(Lab, "-t", "/srv/peer"));
        _ours = new(() => FreezeLabAgent.Start(Lab, "-t", "/srv/ours"));
    }

    public FreezeLab Lab => _lab.Value;

    /// <summary>The process of ours.</summary>
    public int Pid => _ours.Value.Pid;

    /// <summary>What the real one answers.</summary>
    public string AskPeer(string request) => Ask(_peer.Value, request);

    public string AskOurs(string request) => Ask(_ours.Value, request);

    /// <summary>Asserts that both do the same to a home that a script has prepared: same answers, same files.</summary>
    /// <returns>What is in the home afterwards.</returns>
    public string AssertSame(string script, params string[] requests) => AssertSame(script, requests, ignoresEmptyLines: false);

    /// <param name="script">What prepares the home.</param>
    /// <param name="requests">What both are asked.</param>
    /// <param name="ignoresEmptyLines">Whether files are the same that differ in empty lines, or in whether the last line ends.</param>
    public string AssertSame(string script, string[] requests, bool ignoresEmptyLines)
    {
        var records = new List<string>();
        foreach (var ask in (Func<string, string>[])[AskPeer, AskOurs])
        {
            Prepare(script);
            records.Add(string.Concat(requests.Select(request => Sorted(ask(request)) + "\n")) + Content(ignoresEmptyLines));
        }

        Assert.Equal(records[0], records[1]);
        return Content();
    }

    /// <summary>Makes the home anew; all that the script makes there is the user's.</summary>
    public void Prepare(string script) =>
        Lab.Run($"rm -rf {Home} && mkdir {Home} && cd {Home} && mkdir .ssh && {{ {script}\n}} && chown -Rh 54321:54321 {Home}");

    /// <summary>All that is in the home: name, kind, mode, owner, content.</summary>
    public string Content(bool ignoresEmptyLines = false)
    {
        var show = ignoresEmptyLines ? "{ grep -v '^$' $name || true; } | od -c" : "od -c $name";
        return Lab.Run($"cd {Home} && find . | sort | while read -r name; do stat -c '%n %F %a %u:%g' $name; [ ! -f $name ] || {show}; done");
    }

    public void Dispose()
    {
        foreach (var agent in (Lazy<FreezeLabAgent>[])[_peer, _ours])
        {
            if (agent.IsValueCreated)
                agent.Value.Dispose();
        }

        if (_lab.IsValueCreated)
            Lab.Dispose();
    }

    private static string Ask(FreezeLabAgent agent, string request)
    {
        using var client = agent.Connect();
        return client.Ask(request);
    }

    private static string Sorted(string answer) => JObject.Parse(answer).ToString();

    private static FreezeLab Make()
    {
        var lab = new FreezeLab();
        try
        {
            lab.Run(
                """
                printf 'root:x:0:0:root:/root:/bin/sh\nalice:x:54321:54321::/home/alice:/bin/sh\nbob:x:54322:54322::/home/bob:/bin/sh\ncarol:x:54323:54323::/home/caf\351:/bin/sh\n' > /etc/passwd
                printf 'root:x:0:\nalice:x:54321:\nstaff:x:54400:alice\n' > /etc/group
                mkdir -p /home/bob /srv/peer /srv/ours "/home/$(printf 'caf\351')" && chown 54322:54322 /home/bob && chown 54323:54323 /home/caf?
                """);
            return lab;
        }
        catch
        {
            lab.Dispose();
            throw;
        }
    }
}
