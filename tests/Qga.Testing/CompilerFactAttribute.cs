using Xunit;

namespace Qga.Testing;

/// <summary>A test that needs a C compiler, skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CompilerFactAttribute : FactAttribute
{
    public CompilerFactAttribute() => Skip = UnavailableReason;

    internal static string? UnavailableReason => ToolFactAttribute.Find("cc") is null ? "no C compiler to ask" : null;
}
