using Qga.Testing;

namespace Qga.Bench.Soak;

/// <summary>What the clients write into files, and as what it comes back.</summary>
internal sealed record SoakContent(int Length, string Base64)
{
    /// <summary>Each with how many of a hundred files have it. The largest is the most that a read may ask of qemu-ga's clients at once.</summary>
    private static readonly (int Length, int Share)[] Sizes = [(1, 25), (1000, 25), (4096, 20), (64 << 10, 15), (1 << 20, 10), (8 << 20, 5)];

    private static readonly SoakContent[] All = [.. Sizes.Select(size => Of(size.Length))];

    internal static SoakContent Largest => All[^1];

    /// <summary>The answer to a read of as many bytes as there are.</summary>
    internal string Answer => $$$"""{"return": {"count": {{{Length}}}, "buf-b64": "{{{Base64}}}", "eof": false}}""";

    internal static SoakContent Any(Random random)
    {
        var number = random.Next(Sizes.Sum(size => size.Share));
        var index = 0;
        while ((number -= Sizes[index].Share) >= 0)
            index++;
        return All[index];
    }

    internal string WriteRequest(long handle) => $$$"""{"execute":"guest-file-write","arguments":{"handle":{{{handle}}},"buf-b64":"{{{Base64}}}"}}""";

    internal string ReadRequest(long handle) => Qmp.Read(handle, Length);

    private static SoakContent Of(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return new SoakContent(length, Convert.ToBase64String(bytes));
    }
}
