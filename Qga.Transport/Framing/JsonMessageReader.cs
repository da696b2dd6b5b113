using Newtonsoft.Json.Linq;

namespace Qga.Transport.Framing;

/// <summary>One message of the stream: a value, or the text of the error answer that the bytes deserve.</summary>
public readonly record struct JsonMessage(JToken? Value, string? Error)
{
    /// <summary>About the memory that the value takes, in bytes.</summary>
    public long Memory { get; init; }
}

/// <summary>
/// Cuts a stream of bytes into JSON messages, exactly as qemu-ga 11.1 does for any split of the bytes. A string longer than
/// <see cref="LongStringThreshold"/> becomes a <see cref="Protocol.LongString"/>.
/// </summary>
public sealed class JsonMessageReader
{
    /// <summary>The most bytes of UTF-8 that a value may have and still be a string.</summary>
    public const int LongStringThreshold = 1024;

    // A token of a few bytes on the wire is an object of about that size in memory.
    private const long BytesPerToken = 100;

    private readonly JsonLexer _lexer = new();
    private readonly JsonParser _parser = new();

    /// <summary>Bytes of the unfinished message that were taken in, 0 when there is none.</summary>
    public long BufferedBytes => _parser.MessageBytes + _lexer.HeldBytes;

    /// <summary>About the memory that the unfinished message takes.</summary>
    public long Memory => _parser.MessageBytes + _lexer.HeldMemory + _parser.Tokens * BytesPerToken;

    /// <summary>
    /// Consumes bytes up to and including the end of the next message; false when the input is used up. A number or a keyword
    /// at the top level ends with the byte behind it, which is left in the input.
    /// </summary>
    public bool TryRead(ref ReadOnlySpan<byte> input, out JsonMessage message)
    {
        while (_lexer.TryRead(ref input, out var token))
        {
            var memory = _parser.MessageBytes + token.Text.Length + (_parser.Tokens + 1) * BytesPerToken;
            var isComplete = _parser.TryComplete(token, out message);
            _lexer.Release();
            if (!isComplete)
                continue;
            message = message with { Memory = memory };
            return true;
        }

        message = default;
        return false;
    }
}
