using System.Buffers.Binary;
using Qga.Platform.Native;

namespace Qga.Platform.Processes.Keeper;

/// <summary>
/// What the agent and its program keeper tell each other. Numbers and layouts stay, and new fields come last: after an upgrade, an agent
/// finds the keeper of the version before. What a side does not know it passes over.
/// </summary>
internal enum KeeperMessageKind
{
    /// <summary>From the keeper, its first word to each agent; the number is 1.</summary>
    Welcome = 1,

    /// <summary>From the keeper: what is known of the program of this number, see <see cref="ProgramState"/>.</summary>
    Program = 2,

    /// <summary>From the keeper: it has told of all programs that it had before this agent.</summary>
    Listed = 3,

    /// <summary>From the keeper: the start of this number is program (8 bytes), process (4 bytes).</summary>
    Started = 4,

    /// <summary>From the keeper: nothing comes of the start of this number, or of the keeper itself if that is 0; the reason as text.</summary>
    Refused = 5,

    /// <summary>From the keeper: what the program of this number has printed, see <see cref="KeeperOutput"/>.</summary>
    Output = 6,

    /// <summary>From the keeper: it needed the memory of the program of this number, and has forgotten it.</summary>
    Evicted = 7,

    /// <summary>From the keeper: what the program of this number has printed can't be told now; the reason as text.</summary>
    ReadFailed = 8,

    /// <summary>From the agent: start a program, see <see cref="KeeperStart"/>; the number is the agent's own.</summary>
    Start = 16,

    /// <summary>From the agent: add nothing more to what the program of this number has printed.</summary>
    Seal = 17,

    /// <summary>From the agent: tell what the program of this number has printed.</summary>
    Read = 18,

    /// <summary>From the agent: the host was told of the end of the program of this number; its memory may go if others need it.</summary>
    Fetched = 19,

    /// <summary>From the agent: forget the program of this number.</summary>
    Forget = 20,

    /// <summary>From the agent: the audit has the end of the program of this number.</summary>
    Recorded = 21,
}

/// <summary>One message between an agent and its program keeper: on the socket the size of what follows, kind, number, body.</summary>
/// <param name="Kind">What it says.</param>
/// <param name="Number">Of a program, or of a start.</param>
/// <param name="Body">What else there is to say, by kind.</param>
/// <param name="IsBodyLost">Whether there was no memory for the body of one that was received.</param>
internal readonly record struct KeeperMessage(
    KeeperMessageKind Kind, long Number, ReadOnlyMemory<byte> Body = default, bool IsBodyLost = false)
{
    internal const int HeadSize = sizeof(int) + RestSize;

    /// <summary>More than the largest input, whose request has a limit.</summary>
    internal const int LargestBody = 256 * 1024 * 1024;

    private const int RestSize = sizeof(int) + sizeof(long);

    /// <summary>The size of the body that follows a head; null for what is no head.</summary>
    internal static int? BodySize(ReadOnlySpan<byte> head) =>
        BinaryPrimitives.ReadInt32LittleEndian(head) - RestSize is >= 0 and <= LargestBody and var size ? size : null;

    /// <param name="head">What comes before a body.</param>
    /// <param name="body">Null if there was no memory for it.</param>
    internal static KeeperMessage Parse(ReadOnlySpan<byte> head, byte[]? body) => new(
        (KeeperMessageKind)BinaryPrimitives.ReadInt32LittleEndian(head[sizeof(int)..]),
        BinaryPrimitives.ReadInt64LittleEndian(head[(2 * sizeof(int))..]),
        body,
        IsBodyLost: body is null);

    internal static KeeperMessage WithText(KeeperMessageKind kind, long number, string text) =>
        new(kind, number, new KeeperBodyWriter().Text(text).Bytes);

    /// <param name="before">Bytes to go before those of the message.</param>
    internal byte[] ToBytes(ReadOnlySpan<byte> before = default)
    {
        var bytes = new byte[before.Length + HeadSize + Body.Length];
        before.CopyTo(bytes);
        var message = bytes.AsSpan(before.Length);
        BinaryPrimitives.WriteInt32LittleEndian(message, RestSize + Body.Length);
        BinaryPrimitives.WriteInt32LittleEndian(message[sizeof(int)..], (int)Kind);
        BinaryPrimitives.WriteInt64LittleEndian(message[(2 * sizeof(int))..], Number);
        Body.Span.CopyTo(message[HeadSize..]);
        return bytes;
    }
}

/// <summary>The body of a message as it is written: numbers little-endian, a text or bytes after their size.</summary>
/// <param name="capacity">How much is known to come, in bytes.</param>
internal sealed class KeeperBodyWriter(int capacity = 0)
{
    private readonly MemoryStream _bytes = new(capacity);

    internal ReadOnlyMemory<byte> Bytes => _bytes.GetBuffer().AsMemory(0, (int)_bytes.Length);

    internal KeeperBodyWriter Int32(int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        _bytes.Write(bytes);
        return this;
    }

    internal KeeperBodyWriter Int64(long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        _bytes.Write(bytes);
        return this;
    }

    internal KeeperBodyWriter Sized(ReadOnlySpan<byte> bytes)
    {
        Int32(bytes.Length)._bytes.Write(bytes);
        return this;
    }

    internal KeeperBodyWriter Text(string text) => Sized(KernelPath.Bytes(text));

    /// <summary>Null is a count of -1.</summary>
    internal KeeperBodyWriter Texts(IReadOnlyList<string>? texts)
    {
        Int32(texts?.Count ?? -1);
        foreach (var text in texts ?? [])
            Text(text);
        return this;
    }
}

/// <summary>The body of a message as it is read.</summary>
internal ref struct KeeperBodyReader(ReadOnlyMemory<byte> body)
{
    private ReadOnlyMemory<byte> _rest = body;

    /// <summary>Whether the other side has told more.</summary>
    internal readonly bool HasMore => !_rest.IsEmpty;

    /// <exception cref="InvalidDataException">The body is too short, as for all that follow.</exception>
    internal int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)).Span);

    internal long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)).Span);

    internal ReadOnlyMemory<byte> Sized() => Take(Int32());

    internal string Text() => KernelPath.Decode(Sized().Span);

    internal IReadOnlyList<string>? Texts()
    {
        var count = Int32();
        if (count < 0)
            return null;
        var texts = new List<string>();
        for (var index = 0; index < count; index++)
            texts.Add(Text());
        return texts;
    }

    private ReadOnlyMemory<byte> Take(int size)
    {
        if (size < 0 || size > _rest.Length)
            throw new InvalidDataException("a message between agent and program keeper is cut short");
        var taken = _rest[..size];
        _rest = _rest[size..];
        return taken;
    }
}
