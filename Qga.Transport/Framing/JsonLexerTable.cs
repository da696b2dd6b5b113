namespace Qga.Transport.Framing;

/// <summary>A state of the lexer, or what a byte does that ends one.</summary>
internal enum JsonLexerStep : byte
{
    Start,
    DoubleQuoted,
    DoubleQuotedEscape,
    SingleQuoted,
    SingleQuotedEscape,
    Minus,
    Zero,
    Integer,
    Point,
    Fraction,
    ExponentMark,
    ExponentSign,
    Exponent,
    Keyword,

    /// <summary>After a stray byte, until one that may begin something.</summary>
    Recovery,

    // The byte belongs to what ends: it is white space, punctuation, a closing quote, or stray.
    Skip,
    Punctuation,
    EndString,
    Stray,

    // The byte is looked at again from the start.
    EndInteger,
    EndFloat,
    EndKeyword,
    EndRecovery,
}

/// <summary>The lexical grammar: what each byte does in each state.</summary>
internal static class JsonLexerTable
{
    private const int States = (int)JsonLexerStep.Recovery + 1;
    private static readonly JsonLexerStep[] Steps = Tabulate();

    public static JsonLexerStep Step(JsonLexerStep state, byte value) => Steps[((int)state << 8) | value];

    private static JsonLexerStep[] Tabulate()
    {
        var steps = new JsonLexerStep[States << 8];
        for (var index = 0; index < steps.Length; index++)
            steps[index] = Grammar((JsonLexerStep)(index >> 8), (char)(index & 0xFF));
        return steps;
    }

    private static JsonLexerStep Grammar(JsonLexerStep state, char value) => (state, value) switch
    {
        (JsonLexerStep.Start, ' ' or '\t' or '\r' or '\n') => JsonLexerStep.Skip,
        (JsonLexerStep.Start, '{' or '}' or '[' or ']' or ':' or ',') => JsonLexerStep.Punctuation,
        (JsonLexerStep.Start, '"') => JsonLexerStep.DoubleQuoted,
        (JsonLexerStep.Start, '\'') => JsonLexerStep.SingleQuoted,
        (JsonLexerStep.Start, '-') => JsonLexerStep.Minus,
        (JsonLexerStep.Start, '0') => JsonLexerStep.Zero,
        (JsonLexerStep.Start, >= '1' and <= '9') => JsonLexerStep.Integer,
        (JsonLexerStep.Start, >= 'a' and <= 'z') => JsonLexerStep.Keyword,
        (JsonLexerStep.Start, _) => JsonLexerStep.Stray,

        // No control byte (TAB and LF too), 0xFE or 0xFF in a string; which escapes are valid is the parser's question.
        (JsonLexerStep.DoubleQuoted or JsonLexerStep.DoubleQuotedEscape, < ' ' or >= '\xFE') => JsonLexerStep.Stray,
        (JsonLexerStep.SingleQuoted or JsonLexerStep.SingleQuotedEscape, < ' ' or >= '\xFE') => JsonLexerStep.Stray,
        (JsonLexerStep.DoubleQuoted, '"') => JsonLexerStep.EndString,
        (JsonLexerStep.DoubleQuoted, '\\') => JsonLexerStep.DoubleQuotedEscape,
        (JsonLexerStep.DoubleQuoted or JsonLexerStep.DoubleQuotedEscape, _) => JsonLexerStep.DoubleQuoted,
        (JsonLexerStep.SingleQuoted, '\'') => JsonLexerStep.EndString,
        (JsonLexerStep.SingleQuoted, '\\') => JsonLexerStep.SingleQuotedEscape,
        (JsonLexerStep.SingleQuoted or JsonLexerStep.SingleQuotedEscape, _) => JsonLexerStep.SingleQuoted,

        (JsonLexerStep.Minus, '0') => JsonLexerStep.Zero,
        (JsonLexerStep.Minus, >= '1' and <= '9') => JsonLexerStep.Integer,
        (JsonLexerStep.Zero, >= '0' and <= '9') => JsonLexerStep.Stray,
        (JsonLexerStep.Integer, >= '0' and <= '9') => JsonLexerStep.Integer,
        (JsonLexerStep.Zero or JsonLexerStep.Integer, '.') => JsonLexerStep.Point,
        (JsonLexerStep.Integer, 'e' or 'E') => JsonLexerStep.ExponentMark,     // 0e1 is two tokens to qemu-ga, as observed
        (JsonLexerStep.Zero or JsonLexerStep.Integer, _) => JsonLexerStep.EndInteger,
        (JsonLexerStep.Point or JsonLexerStep.Fraction, >= '0' and <= '9') => JsonLexerStep.Fraction,
        (JsonLexerStep.Fraction, 'e' or 'E') => JsonLexerStep.ExponentMark,
        (JsonLexerStep.ExponentMark, '+' or '-') => JsonLexerStep.ExponentSign,
        (JsonLexerStep.ExponentMark or JsonLexerStep.ExponentSign or JsonLexerStep.Exponent, >= '0' and <= '9') =>
            JsonLexerStep.Exponent,
        (JsonLexerStep.Fraction or JsonLexerStep.Exponent, _) => JsonLexerStep.EndFloat,
        (JsonLexerStep.Minus or JsonLexerStep.Point or JsonLexerStep.ExponentMark or JsonLexerStep.ExponentSign, _) =>
            JsonLexerStep.Stray,

        (JsonLexerStep.Keyword, >= 'a' and <= 'z') => JsonLexerStep.Keyword,
        (JsonLexerStep.Keyword, _) => JsonLexerStep.EndKeyword,

        (JsonLexerStep.Recovery, '{' or '}' or '[' or ']' or ':' or ',') => JsonLexerStep.EndRecovery,
        (JsonLexerStep.Recovery, '\t') => JsonLexerStep.Recovery,
        (JsonLexerStep.Recovery, < ' ' or >= '\xFE') => JsonLexerStep.EndRecovery,
        (JsonLexerStep.Recovery, _) => JsonLexerStep.Recovery,

        _ => throw new ArgumentOutOfRangeException(nameof(state), state, message: null),
    };
}
