using Xunit;

namespace Qga.Testing;

/// <summary>A theory in a <see cref="FreezeLab"/>, skipped with the reason where there can be none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FreezeLabTheoryAttribute : TheoryAttribute
{
    public FreezeLabTheoryAttribute() => Skip = FreezeLab.UnavailableReason;

    /// <summary>Whether it makes programs.</summary>
    public bool NeedsCompiler
    {
        get;
        set
        {
            field = value;
            Skip ??= value ? CompilerFactAttribute.UnavailableReason : null;
        }
    }
}
