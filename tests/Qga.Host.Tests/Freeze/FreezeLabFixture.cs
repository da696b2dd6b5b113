using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>A furnished lab for a class of tests, made when the first of them asks for it; labs share nothing.</summary>
public sealed class FreezeLabFixture : IDisposable
{
    private readonly Lazy<FreezeLab> _lab = new(FreezeLab.Furnished);

    public FreezeLab Lab => _lab.Value;

    public void Dispose()
    {
        if (_lab.IsValueCreated)
            Lab.Dispose();
    }
}
