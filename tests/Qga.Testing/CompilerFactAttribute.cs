using Xunit;

namespace Qga.Testing;

/// <summary>A test that needs a C compiler, skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CompilerFactAttribute : FactAttribute
{
    public CompilerFactAttribute() => Skip = UnavailableReason;

    /// <summary>For which machine it makes programs, see <see cref="CTarget"/>.</summary>
    public string Target
    {
        get;
        set
        {
            field = value;
            Skip = CTarget.UnavailableReason(value);
        }
    } = CTarget.Own;

    internal static string? UnavailableReason => CTarget.UnavailableReason(CTarget.Own);
}
