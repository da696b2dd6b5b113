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

    /// <summary>How long a guest that is frozen is asked for its record.</summary>
    private static readonly TimeSpan RecordLimit = TimeSpan.FromSeconds(5);

    private GuestAgent? _agent;
    private bool _keepsRecords;

    public string Name => name;

    public string Address { get; } = address.ToString();

    private GuestAgent Agent => _agent ?? throw new InvalidOperationException($"{name} is not prepared");

    public async Task<GuestFacts> PrepareAsync(CancellationToken cancellationToken)
    {
        var commands = await ReachAsync(options.ConnectTimeout, cancellationToken).ConfigureAwait(false);
        var isThawed = await IsThawedAsync(commands, cancellationToken).ConfigureAwait(false);
        var info = await commands.InfoAsync(cancellationToken).ConfigureAwait(false);
        var enabled = info.SupportedCommands.Where(command => command.Enabled).Select(command => command.Name).ToHashSet(StringComparer.Ordinal);
        var obstacle = !isThawed ? "it is frozen already"
            : Needed.FirstOrDefault(command => !enabled.Contains(command)) is { } lacking ? $"its agent does not allow {lacking}"
            : null;
        _keepsRecords = enabled.Contains(FreezeEvidence.Command);
        return new GuestFacts(info.Version, obstacle, _keepsRecords);
    }

    public async Task<FreezeAnswer> FreezeAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        try
        {
            var result = await FreezeWithDeadlineAsync(deadline, cancellationToken).ConfigureAwait(false);
            var at = clock.Now;
            if (result.Count < 0)
                throw new QgaProtocolException($"it says that it has frozen {result.Count} filesystems");
            var record = _keepsRecords ? await FrozenRecordAsync(cancellationToken).ConfigureAwait(false) : null;
            return new FreezeAnswer(result.Count, result.ThawsAfter, at, record);
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
            return count < 0
                ? new ThawAnswer(null, $"it says that {count} filesystems were frozen", clock.Now)
                : new ThawAnswer(count, null, clock.Now);
        }
        catch (QgaCommandException failure)
        {
            // A hook that fails leaves a guest that is thawed all the same.
            if (!await IsThawedAsync(commands, cancellationToken).ConfigureAwait(false))
                throw;
            return new ThawAnswer(null, failure.Description, clock.Now);
        }
    }

    public async Task<ThawAnswer> ReleaseAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var commands = await ReachAsync(limit, cancellationToken).ConfigureAwait(false);
        return await IsThawedAsync(commands, cancellationToken).ConfigureAwait(false)
            ? new ThawAnswer(null, null, clock.Now)
            : await ThawAsync(limit, cancellationToken).ConfigureAwait(false);
    }

    public async Task<FreezeEvidence?> GetEvidenceAsync(CancellationToken cancellationToken) =>
        FreezeEvidence.From(await Agent.CallAsync(FreezeEvidence.Command, FreezeEvidence.Arguments, cancellationToken).ConfigureAwait(false));

    public ValueTask DisposeAsync() => _agent?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <remarks>Whoever has a connection keeps it: most guests serve one at a time, and a second one would wait for the first for ever.</remarks>
    private async Task<GuestCommands> ReachAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        _agent ??= await GuestAgent.ConnectAsync(address, options with { ConnectTimeout = limit }, cancellationToken).ConfigureAwait(false);
        return _agent.Within(limit);
    }

    /// <remarks>An agent that says neither of both words may hold the guest frozen.</remarks>
    private static async Task<bool> IsThawedAsync(GuestCommands commands, CancellationToken cancellationToken) =>
        await commands.FsFreezeStatusAsync(cancellationToken).ConfigureAwait(false) == "thawed";

    /// <summary>The id of the record of the freeze that goes on; null if there is none.</summary>
    private async Task<string?> FrozenRecordAsync(CancellationToken cancellationToken)
    {
        try
        {
            var records = await Agent.Within(RecordLimit).CallAsync(FreezeEvidence.Command, FreezeEvidence.Arguments, cancellationToken)
                .ConfigureAwait(false);
            return FreezeEvidence.From(records) is { State: FreezeEvidence.Frozen } record ? record.Id : null;
        }
        catch (QgaException)
        {
            // The guest is frozen all the same, and the verdict misses the record.
            return null;
        }
    }

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
