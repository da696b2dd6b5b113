using System.Buffers.Binary;

namespace Qga.Testing;

/// <summary>What an executable asks for before its first instruction, see elf(5).</summary>
public sealed record ElfExecutable(int Machine, bool IsPositionIndependent, bool HasLoader)
{
    public const int X64 = 62;
    public const int Arm64 = 183;

    private const int PositionIndependent = 3;
    private const uint Interpreter = 3;

    /// <summary>What needs nothing of the machine that it runs on.</summary>
    public static ElfExecutable Static(int machine) => new(machine, IsPositionIndependent: true, HasLoader: false);

    /// <remarks>The type and the machine, then where the program headers are, whose first word is their type.</remarks>
    public static ElfExecutable Of(string path)
    {
        var file = File.ReadAllBytes(path);
        var start = (int)BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(32));
        var (size, count) = (Word(54), Word(56));
        var types = Enumerable.Range(0, count).Select(index => BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(start + (index * size))));
        return new ElfExecutable(Word(18), Word(16) == PositionIndependent, types.Contains(Interpreter));

        int Word(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(offset));
    }
}
