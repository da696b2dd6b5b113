using Xunit;

namespace Qga.Testing;

/// <summary>A test in a <see cref="FreezeLab"/>, skipped with the reason where there can be none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FreezeLabFactAttribute : FactAttribute
{
    public FreezeLabFactAttribute() => Skip = FreezeLab.UnavailableReason;

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

    /// <summary>Whether the real qemu-ga takes part.</summary>
    public bool NeedsPeer
    {
        get;
        set
        {
            field = value;
            Skip ??= value ? FreezeLabAgent.PeerUnavailableReason : null;
        }
    }
}
