using System.Buffers.Binary;
using Qga.Testing;

namespace Qga.Host.Tests.Portability;

/// <summary>What is published asks for nothing of the guest before its first instruction.</summary>
public sealed class StaticExecutableTests
{
    private const uint Interpreter = 3;
    private const int PositionIndependent = 3;
    private const int X64 = 62;
    private const int Arm64 = 183;

    [Fact]
    public void X64_needs_no_loader() => AssertStatic(PublishedAgent.Executable, X64);

    [Arm64Fact]
    public void Arm64_needs_no_loader() => AssertStatic(Arm64Agent.Executable, Arm64);

    /// <remarks>elf(5): the type and the machine, then where the program headers are, whose first word is their type.</remarks>
    private static void AssertStatic(string path, int machine)
    {
        var file = File.ReadAllBytes(path);
        Assert.Equal(machine, BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(18)));
        Assert.Equal(PositionIndependent, BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(16)));
        var start = (int)BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(32));
        var (size, count) = (BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(54)), BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(56)));
        Assert.DoesNotContain(Interpreter, Enumerable.Range(0, count).Select(index => BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(start + index * size))));
    }
}
