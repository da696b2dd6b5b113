using Akka.Actor;
using Akka.TestKit;
using Newtonsoft.Json.Linq;
using Qga.Actors.Processes;

namespace Qga.Actors.Tests.Processes;

/// <summary>What the tests of guest-exec and of guest-exec-status have in common.</summary>
public abstract class ProcessesTest : AgentFixture
{
    /// <summary>Starts a process, and lets the time pass in which its end would be waited for.</summary>
    private protected FakeProcess Exec(IActorRef agent, string arguments = "{'path': 'x', 'capture-output': true}")
    {
        var process = ExecJustNow(agent, arguments);
        Time.Advance(ProcessesActor.PromptTime);
        return process;
    }

    private protected FakeProcess ExecJustNow(IActorRef agent, string arguments = "{'path': 'x', 'capture-output': true}")
    {
        var pid = (int)JObject.Parse(Ask(agent, "guest-exec", arguments))["return"]!["pid"]!;
        return Processes.All.Last(process => process.Id == pid);
    }

    private protected string Status(IActorRef agent, FakeProcess process) => Ask(agent, "guest-exec-status", $"{{'pid': {process.Id}}}");

    private protected TestProbe SendStatus(IActorRef agent, FakeProcess process) => Send(agent, "guest-exec-status", $"{{'pid': {process.Id}}}");

    /// <summary>What the agent answers once the process has ended, and once it has done what follows from the answer.</summary>
    private protected string EndOf(IActorRef agent, FakeProcess process)
    {
        var status = Status(agent, process);
        Assert.NotEqual(Running, status);
        AwaitHandled(agent, "processes");
        return status;
    }

    /// <summary>Asserts that the end of a process is no news to the agent, though it has had the time to hear of it.</summary>
    private protected void AssertRuns(IActorRef agent, FakeProcess process) => Assert.Equal(Running, Status(agent, process));

    private protected const string Running = """{"return": {"exited": false}}""";
}
