using System.Buffers;
using System.Text;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Configs;
using Akka.TestKit.Xunit2;
using Newtonsoft.Json.Linq;
using Qga.Actors.Commands;
using Qga.Actors.Domains;
using Qga.Actors.Files;
using Qga.Actors.Tests.Files;
using Qga.Platform.Logging;
using Qga.Transport;
using Qga.Transport.Protocol;

namespace Qga.Actors.Tests;

/// <summary>A whole supervisor with its domains on fake files, and a test in the place of its transport. Time stands still.</summary>
public abstract class AgentFixture() : TestKit(TestConfigs.TestSchedulerConfig)
{
    private int _handle = 999;
    private long _sequence;

    internal FakeFiles Files { get; } = new();

    internal Accounts Accounting { get; } = new();

    internal WorkerPool Workers { get; } = new(mostStuck: 4);

    private protected TestScheduler Time => (TestScheduler)Sys.Scheduler;

    private protected IActorRef StartAgent(CommandCatalog? catalog = null, CommandFilter? filter = null, Func<long>? nextHandle = null) =>
        Sys.ActorOf(AgentSupervisor.Props(new AgentServices(
            catalog ?? GuestCommands.Catalog,
            filter ?? new CommandFilter([], []),
            new FileOpening(Files, nextHandle ?? (() => Interlocked.Increment(ref _handle))),
            Workers,
            Accounting)));

    /// <summary>Sends a request from a client of its own, and gives what will hear the answer.</summary>
    private protected TestProbe Send(IActorRef agent, string command, string arguments = "{}")
    {
        var client = CreateTestProbe();
        agent.Tell(new TransportProtocol.Submit(++_sequence, new QmpRequest(command, JObject.Parse(arguments))), client);
        return client;
    }

    private protected string Ask(IActorRef agent, string command, string arguments = "{}") => AnswerTo(Send(agent, command, arguments));

    /// <summary>The answer as its client reads it; empty for silence.</summary>
    private protected static string AnswerTo(TestProbe client) => TextOf(client.ExpectMsg<TransportProtocol.Answered>(TimeSpan.FromSeconds(30)).Response);

    private protected static string ErrorOf(string answer) => (string)JObject.Parse(answer)["error"]!["desc"]!;

    private static string TextOf(QmpResponse response)
    {
        if (response.IsSilent)
            return "";
        using var message = QmpWriter.Write(response, id: null);
        var text = new ArrayBufferWriter<byte>();
        var block = new byte[64 * 1024];
        while (message.Next(block) is { IsEmpty: false } part)
            text.Write(part.Span);
        return Encoding.Latin1.GetString(text.WrittenSpan).TrimEnd('\n');
    }

    /// <summary>Keeps what was accounted for.</summary>
    internal sealed class Accounts : IAccountingLog
    {
        private readonly List<string> _lines = [];

        internal IReadOnlyList<string> Lines
        {
            get
            {
                lock (_lines)
                    return [.. _lines];
            }
        }

        public void Record(string text)
        {
            lock (_lines)
                _lines.Add(text);
        }
    }
}
