using System.Text;
using Newtonsoft.Json.Linq;
using Qga.Actors;
using Qga.Actors.Commands;
using Qga.Actors.Files;
using Qga.Actors.Processes;
using Qga.Host.Check;
using Qga.Host.CommandLine;
using Qga.Host.Control;
using Qga.Platform;
using Qga.Platform.Diagnosis;
using Qga.Platform.OwnProcess;
using Qga.Platform.Policy;
using Qga.Transport.Framing;
using Qga.Transport.Protocol;

namespace Qga.Host.Subcommands;

/// <summary><c>qga policy</c>: whether the rules are in order, and what they say to a request: those that are there, not those of an agent.</summary>
internal sealed class PolicySubcommand : Subcommand
{
    private const string Peer = "--peer=";

    private string? _action;
    private string? _request;
    private string? _peer;

    protected override string Help => """
        Usage: qga policy check [--json] [OPTIONS]
               qga policy explain [--peer=PEER] REQUEST-JSON [OPTIONS]
               qga policy sets
        Looks at the rules of the guest's policy, qga-policy(5), as they are now; an agent that runs may have others, until HUP.
        check tells whether they are in order, which are never reached, and which commands guest-info will tell as enabled. explain tells which
        rule decides about a request, and why none before it does; PEER is who asks, as peer= has it, and somebody unknown if left out. A program
        without a path is looked for where the agent that runs looks for it. sets lists the sets of commands.
        Takes the options of the agent.
        Exit status: of check 0 if all is well, 1 if there are warnings, 2 if there are errors; of explain 0 if the request is allowed, 1 if it is
        refused, 2 if it makes no sense.

        """;

    protected override string[] TakeOperands(string[] words)
    {
        _action = words is [var first, ..] ? first : null;
        List<string> rest = [.. words.Skip(1)];
        if (_action == "explain")
        {
            _peer = rest.FindLast(word => word.StartsWith(Peer, StringComparison.Ordinal))?[Peer.Length..];
            rest.RemoveAll(word => word.StartsWith(Peer, StringComparison.Ordinal));
            var at = rest.FindIndex(word => word.TrimStart().StartsWith('{'));
            if (at >= 0)
            {
                _request = rest[at];
                rest.RemoveAt(at);
            }
        }

        return [.. rest];
    }

    protected override int Run(Func<StartupDecision.Serve> read, TextWriter output, TextWriter error)
    {
        try
        {
            return _action switch
            {
                "sets" => TellSets(output),
                "check" => Check(read().Options, output),
                "explain" when _request is { } request => Explain(read().Options, request, output, error),
                "explain" => Fail(error, "explain takes a request, as {\"execute\":\"guest-exec\",\"arguments\":{\"path\":\"/bin/true\"}}"),
                _ => Fail(error, _action is null ? "policy takes check, explain or sets" : $"there is no policy '{_action}': check, explain or sets"),
            };
        }
        catch (Exception failure) when (failure is OptionsException or PlatformException)
        {
            return Fail(error, failure.Message);
        }
    }

    private static int TellSets(TextWriter output)
    {
        foreach (var set in PolicyTerms.Sets)
        {
            output.WriteLine($"{set.Name,-10} {set.Meaning}");
            foreach (var command in set.Commands)
                output.WriteLine($"           {command}");
        }

        output.WriteLine("in none    to be named");
        foreach (var command in PolicyTerms.InNoSet)
            output.WriteLine($"           {command}");
        output.WriteLine("never lost whatever the rules say");
        foreach (var command in PolicyTerms.Of(GuestCommands.Catalog).NeverLost.Order(StringComparer.Ordinal))
            output.WriteLine($"           {command}");
        return 0;
    }

    private int Check(AgentOptions options, TextWriter output)
    {
        var findings = PolicyCheck.Run(options);
        var worst = findings.Max(finding => finding.Severity);
        var policy = options.PolicyMode == PolicyMode.Off || worst == Severity.Error ? null : ConfiguredPolicy.Load(options);
        var filter = new CommandFilter(options.AllowRpcs, options.BlockRpcs, policy);
        if (IsJson)
        {
            output.WriteLine(new JObject
            {
                ["severity"] = Finding.NameOf(worst),
                ["findings"] = new JArray(findings.Select(finding => new JObject
                {
                    ["severity"] = finding.Level,
                    ["text"] = finding.Text,
                })),
                ["commands"] = worst == Severity.Error ? new JArray() : new JArray(options.Catalog.All.Select(spec => new JObject
                {
                    ["name"] = spec.Name,
                    ["enabled"] = filter.Allows(spec),
                    ["by"] = HowOf(spec, filter),
                })),
            }.ToString(Newtonsoft.Json.Formatting.None));
            return (int)worst;
        }

        foreach (var finding in findings)
            output.WriteLine($"{finding.Level,-9}{Printable.Of(finding.Text)}");
        if (policy is not null)
        {
            output.WriteLine("guest-info will say:");
            foreach (var spec in options.Catalog.All)
            {
                var standing = filter.Allows(spec) ? "enabled" : "disabled";
                output.WriteLine($"  {standing,-9}{spec.Name,-34}{Printable.Of(HowOf(spec, filter))}".TrimEnd());
            }
        }

        return (int)worst;
    }

    private static string HowOf(CommandSpec spec, CommandFilter filter)
    {
        if (!filter.ListsAllow(spec))
            return "by block-rpcs or allow-rpcs";
        if (filter.Policy is not { } policy)
            return "";
        if (policy.Vocabulary.NeverLost.Contains(spec.Name))
            return "never lost";
        var rules = policy.Reachable(spec.Name);
        return policy.StandingOf(spec.Name) switch
        {
            PolicyStanding.Open => $"by {rules[^1].Origin}",
            PolicyStanding.Limited => $"limited by {string.Join(", ", rules.Select(rule => rule.Origin))}",
            _ => rules is [.., { IsUnconditional: true } rule] ? $"by {rule.Origin}" : "by no rule that allows it",
        };
    }

    private int Explain(AgentOptions options, string text, TextWriter output, TextWriter error)
    {
        if (RequestOf(text, out var spec, out var command) is { } reason)
            return Fail(error, reason);
        var filter = new CommandFilter(options.AllowRpcs, options.BlockRpcs, ConfiguredPolicy.Load(options));
        if (!filter.ListsAllow(spec!))
        {
            output.WriteLine($"refused: {spec!.Name} is disabled by block-rpcs or allow-rpcs, which win");
            return 1;
        }

        if (filter.Policy is not { } policy)
        {
            output.WriteLine("allowed: there is no policy");
            return 0;
        }

        return Explain(policy, command!.Facts(new PolicyRequest(spec!.Name) { Peer = _peer }), command, output);
    }

    private int Explain(GuestPolicy policy, PolicyRequest request, ICommand command, TextWriter output)
    {
        using var file = FileOf(command, output);
        if (file is not null)
        {
            output.WriteLine(file.IsNowhere
                ? "there is no such program"
                : $"the path leads to {Printable.Of(file.Path ?? "what has no path")}");
        }

        foreach (var (rule, failing) in policy.Explain(request, file))
        {
            output.WriteLine($"{rule.Origin}  {Printable.Of(rule.Text)}");
            output.WriteLine(failing is null ? "    holds" : $"    {Printable.Of(failing)} does not hold");
        }

        var isSafe = policy.Vocabulary.NeverLost.Contains(request.Command);
        var decision = policy.Decide(request, file)!;
        var why = isSafe ? "it is never lost" : decision.Rule is { } decisive && decision.Origin == decisive.Origin
            ? $"by {decisive.Path}:{decisive.Line}"
            : decision.Origin;
        if (decision.IsAllowed || policy.IsEnforced)
            output.WriteLine($"{(decision.IsAllowed ? "allowed" : "refused")}: {why}");
        else
            output.WriteLine($"carried out all the same, as policy-mode is audit-only; it would be refused: {why}");
        return decision.IsAllowed || !policy.IsEnforced ? 0 : 1;
    }

    /// <summary>What the agent would open or run; nothing is opened, made or run.</summary>
    private ResolvedFile? FileOf(ICommand command, TextWriter output)
    {
        if (command is GuestFileOpen open)
            return ResolvedFile.Open(open.Path);
        if (command is not GuestExec exec)
            return null;
        var searchPath = Agents is [var agent] ? Invocation.Variable("PATH", agent.Process) : null;
        if (searchPath is null && !exec.Path.Contains('/', StringComparison.Ordinal))
            output.WriteLine("no agent runs, or several do: the program is looked for in the PATH of this command");
        return exec.Resolve(searchPath);
    }

    /// <returns>What is wrong with it; null if nothing is.</returns>
    private static string? RequestOf(string text, out CommandSpec? spec, out ICommand? command)
    {
        (spec, command) = (null, null);
        ReadOnlySpan<byte> input = Encoding.UTF8.GetBytes($"{text}\n");
        if (!new JsonMessageReader().TryRead(ref input, out var message))
            return "the request is not complete";
        if (message.Error is { } malformed)
            return malformed;
        if (QmpRequest.Check(message.Value!, out _, out var wrong) is not { } request)
            return wrong!.Desc;
        spec = GuestCommands.Extended.Find(request.Command);
        if (spec is null)
            return $"there is no command '{request.Command}'";
        try
        {
            var arguments = new QmpArguments(request.Arguments);
            command = spec.Parse(arguments);
            arguments.End();
            return null;
        }
        catch (CommandException refusal)
        {
            return refusal.Message;
        }
    }
}
