using Xunit;

namespace Qga.Testing;

/// <summary>A test that bounds how many tasks there may be, skipped with the reason where that can't be done.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TaskLimitFactAttribute : FactAttribute
{
    public TaskLimitFactAttribute() => Skip = TaskLimit.UnavailableReason;
}
