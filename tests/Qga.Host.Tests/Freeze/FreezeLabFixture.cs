using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>A furnished lab that the classes of tests use one after the other, made when the first asks for it.</summary>
public sealed class FreezeLabFixture : IDisposable
{
    public const string Name = "freeze lab";

    private readonly Lazy<FreezeLab> _lab = new(FreezeLab.Furnished);

    public FreezeLab Lab => _lab.Value;

    public void Dispose()
    {
        if (_lab.IsValueCreated)
            Lab.Dispose();
    }
}

[CollectionDefinition(FreezeLabFixture.Name)]
public sealed class FreezeLabGroup : ICollectionFixture<FreezeLabFixture>;
