using Akka.Actor;
using Akka.TestKit;

namespace Qga.Actors.Tests.Accounts;

public sealed class AccountsActorTests : AgentFixture
{
    private const string Get = "guest-ssh-get-authorized-keys";
    private const string Add = "guest-ssh-add-authorized-keys";
    private const string Done = """{"return": {}}""";
    private static readonly TimeSpan KeysDeadline = TimeSpan.FromSeconds(30);

    [Fact]
    public void Commands_on_the_keys_of_one_user_run_one_after_the_other_and_hold_up_no_other_user()
    {
        var agent = StartAgent();
        var gate = Hang("alice");
        var first = AddKey(agent, "alice", "1");
        var second = AddKey(agent, "alice", "2");
        var third = Send(agent, Get, "{'username': 'alice'}");
        GuestAccounts.Keys["alice"] = ["1", "2"];

        Assert.Equal(Done, AnswerTo(AddKey(agent, "bob", "3")));
        Assert.Equal(["AddAuthorizedKeys alice [1] False", "AddAuthorizedKeys bob [3] False"], GuestAccounts.Calls.Order());
        gate.Set();

        Assert.Equal(Done, AnswerTo(first));
        Assert.Equal(Done, AnswerTo(second));
        Assert.Equal("""{"return": {"keys": ["2", "1"]}}""", AnswerTo(third));
        Assert.Equal(
            ["AddAuthorizedKeys alice [1] False", "AddAuthorizedKeys alice [2] False", "AuthorizedKeys alice"],
            GuestAccounts.Calls.Where(call => call.Contains("alice")));
    }

    [Fact]
    public void Passwords_are_set_one_after_the_other_whoever_they_are_of()
    {
        var agent = StartAgent();
        var gate = Hang("alice");
        var first = SetPassword(agent, "alice");
        var second = SetPassword(agent, "bob");
        Assert.Equal(Done, AnswerTo(AddKey(agent, "bob", "K")));
        Assert.DoesNotContain("SetPassword bob:x False", GuestAccounts.Calls);
        gate.Set();

        Assert.Equal(Done, AnswerTo(first));
        Assert.Equal(Done, AnswerTo(second));
    }

    [Fact]
    public void While_a_home_does_not_answer_more_commands_on_it_are_refused_by_name()
    {
        var agent = StartAgent();
        var gate = Hang("alice");
        var hanging = AddKey(agent, "alice", "1");
        var waiting = AddKey(agent, "alice", "2");
        Rest(agent);
        Time.Advance(KeysDeadline);

        const string Busy = $"authorized keys of user 'alice' are busy: {Add} has not come back from the kernel";
        Assert.Equal($"{Add} has not finished within 30 s", ErrorOf(AnswerTo(hanging)));
        Assert.Equal(Busy, ErrorOf(AnswerTo(waiting)));
        Assert.Equal(Busy, ErrorOf(Ask(agent, Get, "{'username': 'alice'}")));
        Assert.Equal(Done, AnswerTo(AddKey(agent, "bob", "3")));
        Assert.Equal(1, Workers.Stuck);

        gate.Set();
        AwaitAssert(() => Assert.Equal(Done, AnswerTo(AddKey(agent, "alice", "4"))));
        Assert.DoesNotContain("AddAuthorizedKeys alice [2] False", GuestAccounts.Calls);
    }

    [Fact]
    public void Command_that_found_no_free_worker_leaves_the_user_usable()
    {
        var agent = StartAgent();
        var gate = new ManualResetEventSlim();
        var hanging = Enumerable.Range(0, 2 * Workers.MostStuck).Select(number =>
        {
            GuestAccounts.Gates[$"user{number}"] = gate;
            return AddKey(agent, $"user{number}", "K");
        }).ToList();
        Rest(agent);
        AwaitCondition(() => GuestAccounts.Calls.Count == hanging.Count);
        var waiting = AddKey(agent, "alice", "K");
        Rest(agent);
        Time.Advance(KeysDeadline);
        Assert.Equal($"{Add} has not begun within 30 s: no worker was free", ErrorOf(AnswerTo(waiting)));
        Assert.Contains("is refused", ErrorOf(AnswerTo(AddKey(agent, "alice", "K"))));

        gate.Set();
        hanging.ForEach(client => AnswerTo(client));
        AwaitCondition(() => Workers.Stuck == 0);
        Assert.Equal(Done, AnswerTo(AddKey(agent, "alice", "K")));
    }

    [Fact]
    public void Freeze_waits_for_what_runs_and_refuses_what_waits()
    {
        Guest.Mount("/");
        var agent = StartAgent();
        var gate = Hang("alice");
        var running = AddKey(agent, "alice", "1");
        var waiting = AddKey(agent, "alice", "2");
        Rest(agent);

        var freeze = Send(agent, "guest-fsfreeze-freeze");
        Assert.Contains("frozen state", (string)Newtonsoft.Json.Linq.JObject.Parse(AnswerTo(waiting))["error"]!["desc"]!);
        Assert.False(freeze.HasMessages);
        gate.Set();

        Assert.Equal(Done, AnswerTo(running));
        Assert.Equal("""{"return": 1}""", AnswerTo(freeze));
    }

    private ManualResetEventSlim Hang(string user)
    {
        var gate = new ManualResetEventSlim();
        GuestAccounts.Gates[user] = gate;
        return gate;
    }

    private TestProbe AddKey(IActorRef agent, string user, string key) => Send(agent, Add, $"{{'username': '{user}', 'keys': ['{key}']}}");

    private TestProbe SetPassword(IActorRef agent, string user) =>
        Send(agent, "guest-set-user-password", $"{{'username': '{user}', 'password': 'eA==', 'crypted': false}}");

    /// <summary>Whatever was sent before has passed the supervisor, then the actor, and its deadline is set.</summary>
    private void Rest(IActorRef agent)
    {
        AwaitHandled(agent, "accounts");
        AwaitCondition(() => !GuestAccounts.Calls.IsEmpty);
    }
}
