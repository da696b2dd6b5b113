namespace Qga.Transport.Framing;

/// <summary>
/// Cuts bytes into tokens by <see cref="JsonLexerTable"/>. A token that lies in one block is a slice of it; the parts of one
/// that does not are gathered.
/// </summary>
internal sealed class JsonLexer
{
    /// <summary>A token that grows past this is given out as it stands, and its rest is read afresh.</summary>
    public const int MaxTokenBytes = 64 << 20;

    private readonly TokenBuffer _held = new(MaxTokenBytes + 1);
    private JsonLexerStep _state = JsonLexerStep.Start;
    private bool _isPlain = true;
    private JsonPosition _next = new(1, 1);

    // Where the token is reported to begin: behind the byte that ended the one before, even if it was only looked at.
    private JsonPosition _start = new(1, 1);

    /// <summary>Bytes of the unfinished token.</summary>
    public int HeldBytes => _held.Length;

    /// <summary>The memory that those take.</summary>
    public int HeldMemory => _held.LargeCapacity;

    /// <summary>Takes bytes off the input up to the end of the next token; false when they are used up.</summary>
    public bool TryRead(ref ReadOnlySpan<byte> input, out JsonToken token)
    {
        var begin = 0;
        var end = 0;
        while (end < input.Length)
        {
            if (_state is JsonLexerStep.DoubleQuoted or JsonLexerStep.SingleQuoted)
            {
                var run = PlainRun(input[end..Math.Min(input.Length, begin + MaxTokenBytes - _held.Length)]);
                end += run;
                _next = _next with { Column = _next.Column + run };
                if (end == input.Length)
                    break;
            }

            var value = input[end];
            var after = _next.After(value);
            var step = JsonLexerTable.Step(_state, value);
            switch (step)
            {
                case JsonLexerStep.Skip:
                    begin = ++end;
                    _start = _next = after;
                    break;
                case JsonLexerStep.EndRecovery:
                    begin = end;
                    _start = after;
                    _state = JsonLexerStep.Start;
                    break;
                case JsonLexerStep.Recovery:
                    begin = ++end;
                    _next = after;
                    break;

                case JsonLexerStep.Punctuation:
                case JsonLexerStep.EndString:
                case JsonLexerStep.Stray:
                    token = Token(KindOf(step, value), input[begin..++end]);
                    input = input[end..];
                    _start = _next = after;
                    _state = step == JsonLexerStep.Stray ? JsonLexerStep.Recovery : JsonLexerStep.Start;
                    return true;

                case JsonLexerStep.EndInteger:
                case JsonLexerStep.EndFloat:
                case JsonLexerStep.EndKeyword:
                    token = Token(KindOf(step, value), input[begin..end]);
                    input = input[end..];
                    _start = after;
                    _state = JsonLexerStep.Start;
                    return true;

                default:
                    end++;
                    _next = after;
                    _isPlain &= value is not (byte)'\\';
                    _state = step;
                    if (end - begin + _held.Length > MaxTokenBytes)
                    {
                        token = Token(JsonTokenKind.Oversized, input[begin..end]);
                        input = input[end..];
                        _state = JsonLexerStep.Start;
                        return true;
                    }

                    break;
            }
        }

        _held.Append(input[begin..]);
        input = default;
        token = default;
        return false;
    }

    /// <summary>Forgets the bytes of the last token.</summary>
    public void Release() => _held.Clear();

    private static JsonTokenKind KindOf(JsonLexerStep step, byte value) => step switch
    {
        JsonLexerStep.Punctuation => (JsonTokenKind)value,
        JsonLexerStep.EndString => JsonTokenKind.String,
        JsonLexerStep.EndInteger => JsonTokenKind.Integer,
        JsonLexerStep.EndFloat => JsonTokenKind.Float,
        JsonLexerStep.EndKeyword => JsonTokenKind.Keyword,
        _ => JsonTokenKind.Stray,
    };

    /// <summary>
    /// The bytes that change nothing within a string. Two searches are faster than one for a set of bytes on the oldest processors that we
    /// are compiled for. The search for the quote comes first, so that no byte is searched twice in vain. A string that is printable ASCII
    /// throughout needs no second look later.
    /// </summary>
    private int PlainRun(ReadOnlySpan<byte> input)
    {
        var quote = _state == JsonLexerStep.DoubleQuoted ? (byte)'"' : (byte)'\'';
        var run = input.IndexOfAny(quote, (byte)'\\');
        if (run >= 0)
            input = input[..run];
        run = input.IndexOfAnyExceptInRange((byte)' ', _isPlain ? (byte)'~' : (byte)0xFD);
        if (run >= 0 && _isPlain)
        {
            _isPlain = false;
            run = input.IndexOfAnyExceptInRange((byte)' ', (byte)0xFD);
        }

        return run < 0 ? input.Length : run;
    }

    private JsonToken Token(JsonTokenKind kind, ReadOnlySpan<byte> part)
    {
        var isPlain = _isPlain;
        _isPlain = true;
        if (_held.Length == 0)
            return new JsonToken(kind, part, _start) { IsPlain = isPlain };
        _held.Append(part);
        return new JsonToken(kind, _held.Bytes, _start) { IsPlain = isPlain, Buffer = _held };
    }
}
