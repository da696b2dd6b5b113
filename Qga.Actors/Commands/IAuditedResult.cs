using Qga.Platform.Audit;

namespace Qga.Actors.Commands;

/// <summary>A result of which the audit has something.</summary>
public interface IAuditedResult
{
    void Tell(AuditMembers members);
}
