using System.Collections.Concurrent;
using Qga.Testing;

namespace Qga.Host.Tests.Limits;

/// <summary>Where the guest has no thread and no process left, the agent works on, and says of what needs one that it can't be had.</summary>
public sealed class TaskLimitTests : IDisposable
{
    private const string NoProcess = "Resource temporarily unavailable";

    private readonly TaskLimit _limit = new();
    private readonly ScratchDirectory _scratch = new();
    private readonly PublishedAgent _agent = new();

    public TaskLimitTests()
    {
        _limit.Add(_agent.Pid);

        // Before any command has made a thread of its own.
        using var client = _agent.Connect();
        Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
        _limit.Reach();
    }

    public void Dispose()
    {
        _agent.Dispose();
        _limit.Dispose();
        _scratch.Dispose();
    }

    [TaskLimitFact]
    public void Commands_that_need_no_process_succeed_from_as_many_clients_as_there_are()
    {
        var answers = new ConcurrentBag<string>();
        var path = _scratch.Write("file", "content");
        string[] requests =
        [
            Qmp.Ping, Qmp.Request("guest-get-osinfo"), Qmp.Open(path), Qmp.Request("guest-get-fsinfo"), Qmp.Request("guest-network-get-interfaces"),
            Qmp.Request("guest-get-timezone"), Qmp.FreezeStatus,
        ];
        Parallel.For(0, 16, new ParallelOptions { MaxDegreeOfParallelism = 16 }, _ =>
        {
            using var client = _agent.Connect();
            for (var round = 0; round < 5; round++)
            {
                foreach (var request in requests)
                    answers.Add(client.Ask(request));
            }
        });

        Assert.Equal(16 * 5 * requests.Length, answers.Count);
        Assert.All(answers, answer => Qmp.Return(answer));
    }

    [TaskLimitFact]
    public void Program_that_was_refused_never_runs()
    {
        using var client = _agent.Connect();
        for (var program = 0; program < 4; program++)
            Assert.Contains(NoProcess, Qmp.Error(client.Ask(Touch($"refused{program}"))), StringComparison.Ordinal);

        _limit.Lift();
        var process = (long)Qmp.Return(client.Ask(Touch("later")))["pid"]!;
        Eventually.True(() => (bool)Qmp.Return(client.Ask(Qmp.Request("guest-exec-status", ("pid", process))))["exited"]!);
        Assert.Equal(["later"], Directory.GetFiles(_scratch.Root).Select(Path.GetFileName));

        string Touch(string name) => Qmp.Request("guest-exec", ("path", "touch"), ("arg", new Newtonsoft.Json.Linq.JArray(_scratch.PathOf(name))));
    }

    /// <summary>It needs a thread that nothing else runs on, as it has the rights of the user.</summary>
    [TaskLimitFact]
    public void Keys_of_a_user_are_refused_with_the_reason_and_read_later()
    {
        var keys = Qmp.Request("guest-ssh-get-authorized-keys", ("username", "nobody"));
        using var client = _agent.Connect();
        Assert.Equal($"failed to create a thread: {NoProcess}", Qmp.Error(client.Ask(keys)));
        _limit.Lift();
        Assert.DoesNotContain("thread", client.Ask(keys), StringComparison.Ordinal);
    }

    [TaskLimitFact]
    public void Start_says_what_is_missing_whatever_thread_it_is()
    {
        using var limit = new TaskLimit();
        for (var most = 2; ; most++)
        {
            limit.Set($"{most}");
            var options = $"{PublishedAgent.Executable} -m unix-listen -p {_scratch.PathOf("s")} -t {_scratch.Root}";
            using var agent = new RunningProcess("sh", ["-c", $"{limit.Enter} && exec {options}"]);
            Eventually.True(() => agent.HasExited || File.Exists(_scratch.PathOf("s")));
            if (File.Exists(_scratch.PathOf("s")))
                break;
            Assert.Equal(1, agent.WaitForExit());
            Assert.Contains($"failed to create a thread: {NoProcess}", agent.Output, StringComparison.Ordinal);
        }
    }
}
