using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Qga.Host.Tests.Schema;
using Qga.Testing;

namespace Qga.Host.Tests.Inventory;

/// <summary>The real qemu-ga and the published agent side by side on this machine, asked the same.</summary>
internal sealed class AgentPair : IDisposable
{
    private readonly List<AgentUnderTest> _agents = [];
    private readonly List<QmpClient> _clients = [];

    internal AgentPair()
        : this(() => new PeerAgent(), () => new PublishedAgent())
    {
    }

    /// <param name="launcher">A program with its arguments that becomes each agent, as env(1) does.</param>
    internal AgentPair(params IEnumerable<string> launcher)
        : this(() => PeerAgent.StartBy(launcher), () => PublishedAgent.StartBy(launcher))
    {
    }

    /// <summary>Both in the same namespaces.</summary>
    internal AgentPair(NamespaceLab lab)
        : this(lab, lab)
    {
    }

    /// <summary>Each in namespaces of its own.</summary>
    internal AgentPair(NamespaceLab peers, NamespaceLab ours)
        : this(() => peers.Start(PeerAgent.Command!), () => ours.Start(PublishedAgent.Executable))
    {
    }

    /// <summary>Both as the test starts them.</summary>
    internal AgentPair(Func<AgentUnderTest> startPeer, Func<AgentUnderTest> startOurs)
    {
        try
        {
            _agents.Add(startPeer());
            _agents.Add(startOurs());
            _clients.AddRange(_agents.Select(agent => agent.Connect()));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Asserts that both return the same, apart from the order of members and from what <paramref name="normalize"/> takes out.</summary>
    /// <param name="request">As a client writes it.</param>
    /// <param name="normalize">Takes out of what an agent returned that which changes from one moment to the next.</param>
    /// <returns>What qemu-ga returned, normalized.</returns>
    internal JToken AssertSame(string request, Action<JToken>? normalize = null)
    {
        var (peer, ours) = Ask(request);
        normalize?.Invoke(peer);
        normalize?.Invoke(ours);
        Assert.Equal(Text(peer), Text(ours));
        return peer;
    }

    /// <summary>
    /// As <see cref="AssertSame"/>, for what others may change at any moment: the answers count that were given between two of qemu-ga's which
    /// are the same.
    /// </summary>
    internal JToken AssertSameOfThisMachine(string request, Action<JToken>? normalize = null)
    {
        JToken peer, ours, after;
        do
        {
            (peer, ours) = Ask(request);
            after = Qmp.Return(_clients[0].Ask(request));
            foreach (var answer in (JToken[])[peer, ours, after])
                normalize?.Invoke(answer);
        }
        while (Text(peer) != Text(after));
        Assert.Equal(Text(peer), Text(ours));
        return peer;
    }

    /// <summary>What both return.</summary>
    internal (JToken Peer, JToken Ours) Ask(string request)
    {
        var answers = _clients.ConvertAll(client => client.Ask(request));
        Assert.All(answers, answer => Conformance.TryAssertValid(request, answer));
        return (Qmp.Return(answers[0]), Qmp.Return(answers[1]));
    }

    /// <summary>With which descriptions both refuse.</summary>
    internal (string Peer, string Ours) AskErrors(string request) =>
        (Qmp.Error(_clients[0].Ask(request)), Qmp.Error(_clients[1].Ask(request)));

    /// <summary>Asserts that both refuse with the same description.</summary>
    internal string AssertSameError(string request)
    {
        var errors = _clients.ConvertAll(client => Qmp.Error(client.Ask(request)));
        Assert.Equal(errors[0], errors[1]);
        return errors[0];
    }

    public void Dispose()
    {
        _clients.ForEach(client => client.Dispose());
        _agents.ForEach(agent => agent.Dispose());
    }

    private static string Text(JToken value) => Sorted(value).ToString(Formatting.Indented);

    private static JToken Sorted(JToken value) => value switch
    {
        JObject members => new JObject(members.Properties()
            .OrderBy(member => member.Name, StringComparer.Ordinal).Select(member => new JProperty(member.Name, Sorted(member.Value)))),
        JArray elements => new JArray(elements.Select(Sorted)),
        _ => value,
    };
}
