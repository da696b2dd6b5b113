using Qga.Testing;

namespace Qga.Host.Tests.Portability;

/// <summary>The filter of system calls, compiled when the first test asks for it.</summary>
public sealed class OldKernelFixture : IDisposable
{
    private readonly Lazy<OldKernel> _kernel = new(() => new OldKernel());

    public string Program => _kernel.Value.Program;

    public void Dispose()
    {
        if (_kernel.IsValueCreated)
            _kernel.Value.Dispose();
    }
}
