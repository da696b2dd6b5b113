using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>A furnished lab for the tests of a class, made when the first asks for it.</summary>
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
