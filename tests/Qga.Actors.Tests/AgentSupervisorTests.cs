using Akka.Actor;
using Newtonsoft.Json.Linq;
using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Actors.Session;
using Qga.Platform.Freeze;
using Qga.Transport.Protocol;

namespace Qga.Actors.Tests;

public class AgentSupervisorTests : AgentFixture
{
    [Fact]
    public void Unknown_command_is_not_found() =>
        Assert.Equal(
            """{"error": {"class": "CommandNotFound", "desc": "The command nope has not been found"}}""",
            Ask(StartAgent(), "nope"));

    [Theory]
    [InlineData("guest-ping", "", "guest-ping", false)]
    [InlineData("guest-ping", "guest-ping", "", true)]
    [InlineData("guest-ping", "guest-ping", "guest-ping", false)]
    [InlineData("guest-ping", "guest-info", "", false)]
    public void Allow_list_then_block_list_decide(string command, string allowed, string blocked, bool isAllowed)
    {
        var agent = StartAgent(filter: new CommandFilter(ListOf(allowed), ListOf(blocked)));

        var expected = isAllowed
            ? """{"return": {}}"""
            : """{"error": {"class": "CommandNotFound", "desc": "Command guest-ping has been disabled: the command is not allowed"}}""";
        Assert.Equal(expected, Ask(agent, command));
    }

    [Fact]
    public void Lists_can_be_changed_while_the_agent_runs()
    {
        var agent = StartAgent(filter: new CommandFilter([], ["guest-ping"]));

        agent.Tell(new CommandProtocol.Reconfigure(new CommandFilter([], ["guest-get-time"]), new FreezeExclusions([])));

        Assert.Equal("""{"return": {}}""", Ask(agent, "guest-ping"));
        Assert.Contains("has been disabled", ErrorOf(Ask(agent, "guest-get-time")));
        var disabled = JObject.Parse(Ask(agent, "guest-info"))["return"]!["supported_commands"]!.Where(command => !(bool)command["enabled"]!);
        Assert.Equal(["guest-get-time"], disabled.Select(command => (string?)command["name"]));
    }

    [Fact]
    public void While_frozen_only_the_safe_commands_work_whatever_the_lists_say()
    {
        var agent = StartAgent(filter: new CommandFilter([], ["guest-ping"]), startsFrozen: true);

        Assert.Equal("""{"return": {}}""", Ask(agent, "guest-ping"));
        Assert.Equal(
            "Command guest-file-open has been disabled: the command is not allowed: the agent is in frozen state",
            ErrorOf(Ask(agent, "guest-file-open", "{'path': '/x'}")));
    }

    [Fact]
    public void Disabled_comes_before_wrong_arguments_and_missing_before_unexpected()
    {
        var agent = StartAgent(filter: new CommandFilter([], ["guest-info"]));

        Assert.Contains("has been disabled", ErrorOf(Ask(agent, "guest-info", "{'x': 1}")));
        Assert.Equal("Parameter 'id' is missing", ErrorOf(Ask(agent, "guest-sync", "{'x': 1}")));
        Assert.Equal("Parameter 'x' is unexpected", ErrorOf(Ask(agent, "guest-sync", "{'id': 1, 'x': 1}")));
    }

    [Fact]
    public void Refused_request_is_not_accounted_for()
    {
        var agent = StartAgent();

        Ask(agent, "guest-ping", "{'x': 1}");
        Ask(agent, "guest-ping");

        Assert.Equal(["guest-ping called"], Audit.Lines);
    }

    [Fact]
    public void Bug_in_parsing_answers_its_request_and_leaves_the_domains_and_their_handles_alone()
    {
        var catalog = CatalogWith("guest-bug", _ => throw new InvalidOperationException("parse"));
        var agent = StartAgent(catalog);
        var handle = Ask(agent, "guest-file-open", "{'path': '/f'}");

        Assert.Contains("parse", ErrorOf(Ask(agent, "guest-bug")));

        Assert.Equal("""{"return": 1000}""", handle);
        Assert.Equal("""{"return": {"count": 0, "buf-b64": "", "eof": false}}""", Ask(agent, "guest-file-read", "{'handle': 1000, 'count': 0}"));
    }

    [Fact]
    public void Bug_in_a_session_command_answers_its_request_and_the_domain_goes_on()
    {
        var agent = StartAgent(CatalogWith("guest-bug", _ => new Bug()));

        Assert.Contains("execute", ErrorOf(Ask(agent, "guest-bug")));
        Assert.Equal("""{"return": {}}""", Ask(agent, "guest-ping"));
    }

    [Fact]
    public void Info_lists_the_commands_in_reverse_order_of_registration_and_whether_they_are_allowed()
    {
        var info = Ask(StartAgent(filter: new CommandFilter([], ["guest-sync"])), "guest-info");

        var last = GuestCommands.Catalog.All[^1].Name;
        Assert.StartsWith(
            $$$"""{"return": {"version": "11.1.0", "supported_commands": [{"name": "{{{last}}}", "enabled": true, "success-response": true}""", info);
        Assert.EndsWith(
            """{"name": "guest-sync", "enabled": false, "success-response": true}, {"name": "guest-sync-delimited", "enabled": true, "success-response": true}]}}""",
            info);
    }

    private static string[] ListOf(string names) => names.Length == 0 ? [] : names.Split(',');

    private static CommandCatalog CatalogWith(string name, Func<QmpArguments, ICommand> parse)
    {
        var catalog = new CommandCatalog();
        foreach (var spec in GuestCommands.Catalog.All)
            catalog.Add(spec.Name, spec.Domain, spec.Parse, spec.Describe, spec.Deadline, spec.Traits);
        return catalog.Add(name, Domain.Session, parse, () => new CommandDescription("For a test."));
    }

    private sealed record Bug : ICommand<SessionState>
    {
        public IQmpValue Execute(SessionState state) => throw new InvalidOperationException("execute");
    }
}
