using Akka.Event;
using Qga.Platform.Audit;
using Qga.Platform.Policy;
using Qga.Transport.Protocol;

namespace Qga.Actors.Commands;

/// <summary>
/// What the guest's policy says of one request: at once; or on a worker, if it takes time to tell; or, if it depends on where a path leads, when that
/// is known. Each request is recorded once, with what was decided, and once more if that comes out otherwise when its path is resolved again.
/// </summary>
public sealed class Permission
{
    private readonly GuestPolicy _policy;
    private readonly CommandSpec _spec;
    private readonly ICommand _command;
    private readonly PolicyRequest _request;
    private readonly PermissionRecord _record;
    private volatile PolicyDecision? _decision;
    private volatile string? _resolvedPath;

    private Permission(GuestPolicy policy, CommandSpec spec, ICommand command, string? peer, PermissionRecord record)
    {
        (_policy, _spec, _command, _record) = (policy, spec, command, record);
        _request = command.Facts(new PolicyRequest(spec.Name) { Peer = peer });
        Settle(policy.Decide(_request, isAtOnce: true));
    }

    /// <summary>Why the request is not carried out; null if it is, or that is not known yet.</summary>
    public QmpError? Refusal => IsRefused ? QmpError.Generic(_decision!.Refusal) : null;

    /// <summary>Whether it is not known yet.</summary>
    internal bool IsOpen => _decision is null;

    /// <summary>What is decided; null as long as that depends on a file.</summary>
    internal PolicyDecision? Decision => _decision;

    /// <summary>Whether what is refused is not done.</summary>
    internal bool IsEnforced => _policy.IsEnforced;

    /// <summary>Where the path has led that was decided of; null for none.</summary>
    internal string? ResolvedPath => _resolvedPath;

    private bool IsRefused => _decision is { IsAllowed: false } && _policy.IsEnforced;

    /// <summary>Decides and records, as far as that can be done at once.</summary>
    /// <param name="policy">The rules.</param>
    /// <param name="spec">The command.</param>
    /// <param name="command">The same with its arguments.</param>
    /// <param name="peer">Who asks.</param>
    /// <param name="record">Where that is noted.</param>
    public static Permission Ask(GuestPolicy policy, CommandSpec spec, ICommand command, string? peer, PermissionRecord record) =>
        new(policy, spec, command, peer, record);

    /// <summary>Decides what takes time, on a worker; what depends on a file stays open.</summary>
    /// <exception cref="PolicyRefusalException">The request is refused.</exception>
    internal void Settle()
    {
        Settle(_policy.Decide(_request));
        ThrowIfRefused();
    }

    /// <summary>Has the command use its file, on a worker.</summary>
    /// <param name="use">Given what decides of the file, or null if it may be any; a refusal is an exception of it.</param>
    public T Use<T>(Func<FileJudge?, T> use)
    {
        if (_decision is { } decided)
            return use(decided is { User: null, Limit: null } ? null : _ => Effect);
        try
        {
            return use(Judge);
        }
        finally
        {
            // It has failed before there was anything to decide about.
            if (_decision is null)
                _record.Note(_spec, _command, decision: null, isEnforced: true);
        }
    }

    /// <remarks>Of each file anew: a path may lead elsewhere when it is resolved again. A rate counts the request once.</remarks>
    private PolicyDecision? Judge(ResolvedFile file)
    {
        _resolvedPath = file.Path;
        Settle(_policy.Decide(_request, file, counted: _decision?.Rule));
        ThrowIfRefused();
        return Effect;
    }

    /// <summary>How the file is used; null for as without a policy.</summary>
    private PolicyDecision? Effect => _policy.IsEnforced ? _decision : null;

    private void ThrowIfRefused()
    {
        if (IsRefused)
            throw new PolicyRefusalException(_decision!.Refusal);
    }

    private void Settle(PolicyDecision? decision)
    {
        var isNews = decision is not null && decision != _decision;
        _decision = decision;
        if (isNews)
            _record.Note(_spec, _command, decision, _policy.IsEnforced);
    }
}

/// <summary>Where it is noted what was asked for and what was decided.</summary>
/// <param name="audit">What is carried out, and what a rule wants recorded.</param>
/// <param name="log">What is carried out only because the rules are not enforced.</param>
/// <param name="tally">Counts what is refused.</param>
public sealed class PermissionRecord(IAuditLog audit, ILoggingAdapter log, PolicyTally tally)
{
    /// <param name="spec">The command.</param>
    /// <param name="command">The same with its arguments.</param>
    /// <param name="decision">What was decided; null if it came to no decision.</param>
    /// <param name="isEnforced">Whether what is refused is not done.</param>
    public void Note(CommandSpec spec, ICommand command, PolicyDecision? decision, bool isEnforced)
    {
        var isRefused = decision is { IsAllowed: false };
        if (isRefused)
            tally.Count(isEnforced);
        if (isRefused && !isEnforced)
            log.Warning("{0} would be refused by the guest's policy ({1}), which is not enforced", spec.Name, decision!.Origin);
        var text = command.AuditText;
        if (decision is { IsAudited: true })
            audit.Record($"{text ?? $"{spec.Name} called"}, {(isRefused ? isEnforced ? "refused, " : "not enforced, " : "")}rule {decision.Origin}");
        else if (text is not null && !(isRefused && isEnforced))
            audit.Record(text);
    }
}
