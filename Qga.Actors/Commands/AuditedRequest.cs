using Qga.Platform.Audit;
using Qga.Platform.Policy;
using Qga.Platform.Processes;
using Qga.Transport.Activity;
using Qga.Transport.Protocol;

namespace Qga.Actors.Commands;

/// <summary>
/// A request that the audit may have: what it is about, what the policy says, and in the end what came of it. It is recorded if it changes
/// something, if a rule wants it, or if a policy that is not enforced would have refused it; what changes something also before it does.
/// </summary>
public sealed class AuditedRequest : IRequestListener
{
    private readonly IAuditLog _audit;
    private readonly CommandSpec _spec;
    private readonly string? _peer;
    private readonly PolicyDecision? _decision;

    /// <summary>Taken now: what is decoded in its own memory is no base64 any more.</summary>
    private readonly long? _bytesGiven;

    private readonly Lock _gate = new();

    // Let go at the end: a program may outlive its request for long.
    private ICommand? _command;
    private Permission? _permission;
    private bool _isOver;
    private AuditRecord? _beginning;
    private AuditRecord? _record;
    private AuditRecord? _end;

    /// <param name="audit">Where it is recorded.</param>
    /// <param name="spec">The command.</param>
    /// <param name="command">The same with its arguments.</param>
    /// <param name="peer">Who asks.</param>
    /// <param name="permission">What the policy says; null if there is none.</param>
    internal AuditedRequest(IAuditLog audit, CommandSpec spec, ICommand command, string? peer, Permission? permission)
    {
        (_audit, _spec, _command, _peer, _permission) = (audit, spec, command, peer, permission);
        _bytesGiven = command.BytesGiven;
    }

    /// <summary>A request that a rule refuses whatever its arguments are.</summary>
    internal AuditedRequest(IAuditLog audit, CommandSpec spec, string? peer, PolicyRule rule)
    {
        (_audit, _spec, _peer) = (audit, spec, peer);
        _decision = new PolicyDecision(IsAllowed: false, rule) { Origin = rule.Origin };
    }

    private PolicyDecision? Decision => _permission?.Decision ?? _decision;

    private bool IsEnforced => _permission?.IsEnforced ?? true;

    private bool IsWanted => Decision is { IsAudited: true }
        || (Decision is { IsAllowed: false } ? !IsEnforced : _command is { Changes: true });

    /// <summary>It is about to be carried out. Whatever it does to the agent, the audit has it.</summary>
    internal void Begin(RequestRecord request)
    {
        if (_command is not { Changes: true })
            return;
        var what = What();
        _beginning = new AuditRecord(AuditKind.Begin, () => $"{Subject(what)}: begins");
        _beginning.Members.Add("channel", request.Connection.Channel).Add("peer", _peer).Add("command", _spec.Name).Add("what", what);
        _audit.Record(_beginning);
    }

    public void OnEnded(RequestRecord request, QmpResponse? response)
    {
        lock (_gate)
        {
            if (IsWanted || _beginning is not null)
            {
                _record = RecordOf(request, response);
                _audit.Record(_record);
                if (_end is not null)
                    RecordEnd(_end);
            }

            (_isOver, _command, _permission, _end) = (true, null, null, null);
        }
    }

    /// <summary>The program that it has started has ended; it may not be answered yet.</summary>
    /// <param name="process">Its id.</param>
    /// <param name="end">How; null if nobody knows.</param>
    /// <param name="duration">How long it has run.</param>
    internal void OnProgramEnded(long process, ProcessEnd? end, TimeSpan duration)
    {
        var record = EndOf(process, end, duration);
        lock (_gate)
        {
            if (!_isOver)
                _end = record;
            else if (_record is not null)
                RecordEnd(record);
        }
    }

    /// <summary>The record of the end of a program.</summary>
    internal static AuditRecord EndOf(long process, ProcessEnd? end, TimeSpan? duration)
    {
        var how = end switch
        {
            { Signal: { } signal } => $"signal {signal}",
            { ExitCode: { } code } => $"exit code {code}",
            _ => "nobody knows how",
        };
        var record = new AuditRecord(AuditKind.ProgramEnd, $"program {process} of guest-exec has ended: {how}");
        record.Members.Add("command", "guest-exec").Add("pid", process).Add("exit-code", end?.ExitCode).Add("signal", end?.Signal)
            .Add("duration-us", MicrosecondsOf(duration));
        return record;
    }

    private static long? MicrosecondsOf(TimeSpan? duration) => duration?.Ticks / TimeSpan.TicksPerMicrosecond;

    private void RecordEnd(AuditRecord end)
    {
        end.Members.Add("request", _record!.Sequence);
        _audit.Record(end);
    }

    private AuditMembers What()
    {
        var what = new AuditMembers();
        _command?.Tell(what, Decision?.LogsArguments ?? false);
        return what;
    }

    private string Subject(AuditMembers what) => what.IsEmpty ? _spec.Name : $"{_spec.Name} {what}";

    private AuditRecord RecordOf(RequestRecord request, QmpResponse? response)
    {
        var what = What().Add("resolved", _permission?.ResolvedPath);
        var result = request.Result switch
        {
            RequestResult.Succeeded => "ok",
            RequestResult.Refused => "refused",
            RequestResult.Overdue => "overdue",
            RequestResult.GivenUp => "given up",
            _ => "error",
        };
        var error = response?.Error is { } failure ? AuditMembers.Cut(_command?.Recordable(failure.Desc) ?? failure.Desc) : null;
        var record = new AuditRecord(AuditKind.Request, () => error is null ? $"{Subject(what)}: {result}" : $"{Subject(what)}: {result}: {error}");
        record.Members
            .Add("channel", request.Connection.Channel)
            .Add("peer", _peer)
            .Add("command", _spec.Name)
            .Add("what", what)
            .Add("decision", Decision is { IsAllowed: false } ? "deny" : "allow")
            .Add("rule", Decision?.Origin)
            .Add("result", result)
            .Add("error", error)
            .Add("duration-us", MicrosecondsOf(request.Duration))
            .Add("begin", _beginning?.Sequence)
            .Add("bytes", _bytesGiven);
        if (Decision is { IsAllowed: false } && !IsEnforced)
            record.Members.Add("enforced", false);
        (response?.Return as IAuditedResult)?.Tell(record.Members);
        return record;
    }
}
