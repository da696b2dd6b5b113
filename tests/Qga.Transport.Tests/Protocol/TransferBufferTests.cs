using System.Runtime.InteropServices;
using Qga.Transport.Protocol;

namespace Qga.Transport.Tests.Protocol;

/// <summary>The spare buffer is one for all, so nobody else may rent meanwhile.</summary>
[CollectionDefinition(nameof(TransferBufferTests), DisableParallelization = true)]
[Collection(nameof(TransferBufferTests))]
public class TransferBufferTests
{
    [Fact]
    public void Buffer_has_the_length_that_was_asked_for()
    {
        foreach (var length in new[] { 5000, 0, 1, 4999, 5001 })
        {
            using var buffer = TransferBuffer.Rent(length);
            Assert.Equal(length, buffer.Memory.Length);
        }
    }

    [Fact]
    public void Buffers_in_use_are_not_shared()
    {
        TransferBuffer.Rent(100).Dispose();
        using var first = TransferBuffer.Rent(100);
        using var second = TransferBuffer.Rent(100);

        Assert.NotSame(ArrayOf(first), ArrayOf(second));
    }

    [Fact]
    public void Buffer_given_back_is_out_of_reach()
    {
        var buffer = TransferBuffer.Rent(100);
        buffer.Dispose();

        Assert.Throws<ObjectDisposedException>(() => buffer.Memory);
    }

    [Fact]
    public void Buffer_given_back_twice_is_not_lent_twice()
    {
        var buffer = TransferBuffer.Rent(100);
        buffer.Dispose();
        using var first = TransferBuffer.Rent(100);
        buffer.Dispose();
        using var second = TransferBuffer.Rent(100);

        Assert.NotSame(ArrayOf(first), ArrayOf(second));
    }

    [Fact]
    public void Large_buffer_is_used_again()
    {
        var first = TransferBuffer.Rent(20_000_000);
        var bytes = ArrayOf(first);     // keeps the garbage collector from it
        first.Dispose();

        using var second = TransferBuffer.Rent(19_000_000);

        Assert.Same(bytes, ArrayOf(second));
    }

    private static byte[]? ArrayOf(TransferBuffer buffer) => MemoryMarshal.TryGetArray<byte>(buffer.Memory, out var bytes) ? bytes.Array : null;
}
