using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Qga.Client;

/// <summary>SHA-256, FIPS 180-4, by Qga.Ctl/Native/sha256.c, for a static executable: the runtime's is OpenSSL's, which that can't load.</summary>
internal sealed partial class LinkedSha256Sum : Sha256Sum
{
    private const int BlockSize = 64;
    private const int LengthSize = sizeof(ulong);

    private readonly uint[] _state = new uint[8];
    private readonly byte[] _block = new byte[BlockSize];
    private int _filled;
    private ulong _length;

    internal LinkedSha256Sum() => Reset();

    internal override void Append(ReadOnlySpan<byte> bytes)
    {
        _length += (ulong)bytes.Length;
        if (_filled > 0)
        {
            var missing = Math.Min(BlockSize - _filled, bytes.Length);
            bytes[..missing].CopyTo(_block.AsSpan(_filled));
            bytes = bytes[missing..];
            _filled += missing;
            if (_filled < BlockSize)
                return;
            Add(_state, _block, 1);
        }

        Add(_state, bytes, bytes.Length / BlockSize);
        _filled = bytes.Length % BlockSize;
        bytes[^_filled..].CopyTo(_block);
    }

    internal override string Current()
    {
        // The rest, a bit, zeros, and the length in bits: one block, or two.
        Span<byte> end = stackalloc byte[2 * BlockSize];
        end.Clear();
        _block.AsSpan(0, _filled).CopyTo(end);
        end[_filled] = 0x80;
        var blocks = _filled + 1 + LengthSize <= BlockSize ? 1 : 2;
        BinaryPrimitives.WriteUInt64BigEndian(end[((blocks * BlockSize) - LengthSize)..], _length * 8);
        Span<uint> state = [.. _state];
        Add(state, end, blocks);

        Span<byte> sum = stackalloc byte[state.Length * sizeof(uint)];
        for (var word = 0; word < state.Length; word++)
            BinaryPrimitives.WriteUInt32BigEndian(sum[(word * sizeof(uint))..], state[word]);
        return Convert.ToHexStringLower(sum);
    }

    internal override void Reset()
    {
        (_filled, _length) = (0, 0);
        ReadOnlySpan<uint> start = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
        start.CopyTo(_state);
    }

    public override void Dispose()
    {
    }

    [LibraryImport("qga_sha256", EntryPoint = "qga_sha256_add")]
    private static partial void Add(Span<uint> state, ReadOnlySpan<byte> bytes, nint blocks);
}
