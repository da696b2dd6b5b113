using Qga.Client;

namespace Qga.Ctl.Groups;

/// <summary>A guest that is reached by its agent.</summary>
/// <param name="name">What people call it.</param>
/// <param name="address">Where it is.</param>
/// <param name="options">How long an answer is waited for before the freeze, and by which programs.</param>
/// <param name="clock">What its times are by.</param>
internal sealed class AgentGuest(string name, GuestAddress address, GuestAgentOptions options, GroupClock clock) : IFreezableGuest
{
    private static readonly string[] Needed = ["guest-fsfreeze-freeze", "guest-fsfreeze-thaw", "guest-fsfreeze-status"];

    private GuestAgent? _agent;

    public string Name => name;

    public string Address { get; } = address.ToString();

    private GuestAgent Agent => _agent ?? throw new InvalidOperationException($"{name} is not prepared");

    public async Task<GuestFacts> PrepareAsync(CancellationToken cancellationToken)
    {
        _agent = await GuestAgent.ConnectAsync(address, options, cancellationToken).ConfigureAwait(false);
        var commands = _agent.Within(options.ConnectTimeout);
        var status = await commands.FsFreezeStatusAsync(cancellationToken).ConfigureAwait(false);
        var info = await commands.InfoAsync(cancellationToken).ConfigureAwait(false);
        var enabled = info.SupportedCommands.Where(command => command.Enabled).Select(command => command.Name).ToHashSet(StringComparer.Ordinal);
        var obstacle = status != "thawed" ? "it is frozen already"
            : Needed.FirstOrDefault(command => !enabled.Contains(command)) is { } lacking ? $"its agent does not allow {lacking}"
            : null;
        return new GuestFacts(info.Version, obstacle, enabled.Contains(FreezeEvidence.Command));
    }

    public async Task<FreezeAnswer> FreezeAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        try
        {
            var result = await FreezeWithDeadlineAsync(deadline, cancellationToken).ConfigureAwait(false);
            return new FreezeAnswer(result.Count, result.ThawsAfter, clock.Now);
        }
        catch (QgaCommandException failure) when (failure.IsUnavailable)
        {
            throw new GuestNotOursException(
                $"somebody else has frozen it, or it has two addresses in this group: {failure.Description}", failure);
        }
    }

    public async Task<ThawAnswer> ThawAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var commands = Agent.Within(limit);
        try
        {
            var count = await commands.FsFreezeThawAsync(cancellationToken).ConfigureAwait(false);
            return new ThawAnswer(count, null, clock.Now);
        }
        catch (QgaCommandException failure)
        {
            // A hook that fails leaves a guest that is thawed all the same.
            if (await commands.FsFreezeStatusAsync(cancellationToken).ConfigureAwait(false) != "thawed")
                throw;
            return new ThawAnswer(null, failure.Description, clock.Now);
        }
    }

    public async Task<ThawAnswer> ReleaseAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        if (await Agent.Within(limit).FsFreezeStatusAsync(cancellationToken).ConfigureAwait(false) != "thawed")
            return await ThawAsync(limit, cancellationToken).ConfigureAwait(false);
        return new ThawAnswer(null, null, clock.Now);
    }

    public async Task<FreezeEvidence?> GetEvidenceAsync(CancellationToken cancellationToken) =>
        FreezeEvidence.From(await Agent.CallAsync(FreezeEvidence.Command, FreezeEvidence.Arguments, cancellationToken).ConfigureAwait(false));

    public ValueTask DisposeAsync() => _agent?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <remarks>qm has no word for a deadline; nothing was asked then.</remarks>
    private async Task<FreezeResult> FreezeWithDeadlineAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        try
        {
            return await Agent.FreezeAsync(timeout: deadline, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (QgaUnsupportedException)
        {
            return await Agent.FreezeAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        }
    }
}
