using System.Security.Cryptography;

namespace Qga.Client;

/// <summary>A SHA-256 that is taken piece by piece.</summary>
internal abstract class Sha256Sum : IDisposable
{
    /// <summary>Whether the executable has one linked in. A substitution says so where it does, and the runtime's is left out then.</summary>
    private static bool IsLinkedIn => false;

    internal static Sha256Sum Create() => IsLinkedIn ? new LinkedSha256Sum() : new RuntimeSum();

    internal static string Of(ReadOnlySpan<byte> bytes)
    {
        using var sum = Create();
        sum.Append(bytes);
        return sum.Current();
    }

    internal static async Task<string> OfAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var sum = Create();
        var block = new byte[1 << 20];
        while (await stream.ReadAsync(block, cancellationToken).ConfigureAwait(false) is > 0 and var count)
            sum.Append(block.AsSpan(0, count));
        return sum.Current();
    }

    internal abstract void Append(ReadOnlySpan<byte> bytes);

    /// <summary>The sum of all that was appended, and to which more may be; 64 digits, lower case.</summary>
    internal abstract string Current();

    /// <summary>Begins anew.</summary>
    internal abstract void Reset();

    public abstract void Dispose();

    private sealed class RuntimeSum : Sha256Sum
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        internal override void Append(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

        internal override string Current() => Convert.ToHexStringLower(_hash.GetCurrentHash());

        internal override void Reset() => _ = _hash.GetHashAndReset();

        public override void Dispose() => _hash.Dispose();
    }
}
