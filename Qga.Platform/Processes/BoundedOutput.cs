using System.Text;

namespace Qga.Platform.Processes;

/// <summary>The beginning and the end of what a program prints, however much that is.</summary>
/// <param name="partSize">How much is kept of either, in bytes.</param>
internal sealed class BoundedOutput(int partSize = BoundedOutput.PartSize)
{
    internal const int PartSize = 8192;

    private readonly byte[] _kept = new byte[2 * partSize];
    private int _count;
    private long _cut;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        var taken = Math.Min(bytes.Length, _kept.Length - _count);
        bytes[..taken].CopyTo(_kept.AsSpan(_count));
        _count += taken;
        bytes = bytes[taken..];
        _cut += bytes.Length;

        var end = _kept.AsSpan(partSize);
        bytes = bytes[Math.Max(0, bytes.Length - partSize)..];
        end[bytes.Length..].CopyTo(end);
        bytes.CopyTo(end[^bytes.Length..]);
    }

    /// <summary>What is kept, byte for byte.</summary>
    public ReadOnlyMemory<byte> Bytes => _kept.AsMemory(0, _count);

    public override string ToString() => _cut == 0
        ? Encoding.UTF8.GetString(_kept, 0, _count)
        : $"{Encoding.UTF8.GetString(_kept, 0, partSize)}\n[{_cut} bytes left out]\n{Encoding.UTF8.GetString(_kept, partSize, partSize)}";
}
