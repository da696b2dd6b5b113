using Xunit;

namespace Qga.Testing;

/// <summary>A test in a <see cref="SystemdLab"/>, skipped with the reason where there can be none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SystemdLabFactAttribute : FactAttribute
{
    public SystemdLabFactAttribute() => Skip = SystemdLab.UnavailableReason;
}
