namespace Qga.Transport.Framing;

/// <summary>What a token is; punctuation is named by its byte.</summary>
internal enum JsonTokenKind : byte
{
    Comma = (byte)',',
    Colon = (byte)':',
    BeginArray = (byte)'[',
    EndArray = (byte)']',
    BeginObject = (byte)'{',
    EndObject = (byte)'}',
    String = 128,
    Integer,
    Float,
    Keyword,

    /// <summary>Bytes that are no token; the last one is the first that does not fit.</summary>
    Stray,

    /// <summary>The first bytes of a token that is longer than a token may be.</summary>
    Oversized,
}

/// <summary>A place in the stream, counted from 1.</summary>
internal readonly record struct JsonPosition(long Line, long Column)
{
    public JsonPosition After(byte value) => value == '\n' ? new(Line + 1, 1) : new(Line, Column + 1);
}

/// <summary>A token, valid until the lexer that gave it is released.</summary>
internal readonly ref struct JsonToken(JsonTokenKind kind, ReadOnlySpan<byte> text, JsonPosition position)
{
    public JsonTokenKind Kind => kind;

    /// <summary>The bytes as they came, with the quotes of a string.</summary>
    public ReadOnlySpan<byte> Text { get; } = text;

    public JsonPosition Position => position;

    /// <summary>Whether a string stands for itself: ASCII without escapes.</summary>
    public bool IsPlain { get; init; }

    /// <summary>What the text was gathered in; null if it lies in the input.</summary>
    public TokenBuffer? Buffer { get; init; }
}
