using Newtonsoft.Json.Linq;

namespace Qga.Transport.Framing;

/// <summary>
/// Builds messages from tokens, each as it comes. A message has one error at most: what follows it is eaten until braces and
/// brackets balance again, or a stray byte comes.
/// </summary>
internal sealed class JsonParser
{
    public const int MaxDepth = 1024;
    public const int MaxTokens = 2 << 20;

    private readonly Stack<JContainer> _open = new();
    private readonly Stack<string> _keys = new();
    private Expected _expected;
    private bool _isRecovering;
    private int _braces;
    private int _brackets;
    private int _tokens;

    private enum Expected
    {
        Value,
        ElementOrEnd,
        CommaOrEndOfArray,
        KeyOrEnd,
        Key,
        Colon,
        CommaOrEndOfObject,
    }

    /// <summary>The tokens of the unfinished message that were built in.</summary>
    public int Tokens => _tokens;

    /// <summary>Sum of the bytes of those tokens.</summary>
    public long MessageBytes { get; private set; }

    /// <summary>Whether braces and brackets say that the message goes on.</summary>
    private bool IsOpen => _braces >= 0 && _brackets >= 0 && _braces + _brackets > 0;

    /// <summary>Takes the next token; true when it ends a message or is its error.</summary>
    public bool TryComplete(in JsonToken token, out JsonMessage message)
    {
        message = default;
        Count(token);
        if (_isRecovering)
        {
            if (token.Kind == JsonTokenKind.Stray || !IsOpen)
                Reset();
            return false;
        }

        var error = ExceededLimit() ?? Parse(token, out message);
        if (error is not null)
            message = new JsonMessage(Value: null, error);
        else if (message.Value is null)
            return false;

        Drop();
        _isRecovering = token.Kind != JsonTokenKind.Stray && IsOpen;
        if (!_isRecovering)
            Reset();
        return true;
    }

    private static string Failure(in JsonToken token, string text) =>
        $"{token.Position.Line}:{token.Position.Column}: JSON parse error, {text}";

    private void Reset()
    {
        _isRecovering = false;
        _braces = _brackets = 0;
    }

    /// <summary>Lets go of what was built.</summary>
    private void Drop()
    {
        _open.Clear();
        _keys.Clear();
        _expected = Expected.Value;
        _tokens = 0;
        MessageBytes = 0;
    }

    private void Count(in JsonToken token)
    {
        switch (token.Kind)
        {
            case JsonTokenKind.BeginObject: _braces++; break;
            case JsonTokenKind.EndObject: _braces--; break;
            case JsonTokenKind.BeginArray: _brackets++; break;
            case JsonTokenKind.EndArray: _brackets--; break;
        }

        if (_isRecovering)
            return;
        _tokens++;
        MessageBytes += token.Text.Length;
    }

    private string? ExceededLimit() =>      // as observed: the sum of the bytes may not reach what one token may
        MessageBytes >= JsonLexer.MaxTokenBytes ? "JSON token size limit exceeded" :
        _tokens > MaxTokens ? "JSON token count limit exceeded" :
        _braces + _brackets > MaxDepth ? "JSON nesting depth limit exceeded" :
        null;

    private string? Parse(in JsonToken token, out JsonMessage message)
    {
        message = default;
        if (token.Kind == JsonTokenKind.Stray)
            return Failure(token, JsonErrorText.Quoting("stray", token.Text));

        switch (_expected, token.Kind)
        {
            case (Expected.KeyOrEnd or Expected.CommaOrEndOfObject, JsonTokenKind.EndObject):
            case (Expected.ElementOrEnd or Expected.CommaOrEndOfArray, JsonTokenKind.EndArray):
                return Add(_open.Pop(), token, out message);

            case (Expected.KeyOrEnd or Expected.Key, JsonTokenKind.String):
                if (JsonString.TryDecodeKey(token, out var key, out var error))
                    _keys.Push(key);
                _expected = Expected.Colon;
                return error is null ? null : Failure(token, error);
            case (Expected.KeyOrEnd or Expected.Key, _):
                return Failure(token, "expecting key");

            case (Expected.Colon, JsonTokenKind.Colon):
            case (Expected.CommaOrEndOfArray, JsonTokenKind.Comma):
                _expected = Expected.Value;
                return null;
            case (Expected.CommaOrEndOfObject, JsonTokenKind.Comma):
                _expected = Expected.Key;
                return null;
            case (Expected.Colon, _):
                return Failure(token, "expecting ':'");
            case (Expected.CommaOrEndOfArray, _):
                return Failure(token, "expected ',' or ']'");
            case (Expected.CommaOrEndOfObject, _):
                return Failure(token, "expected ',' or '}'");

            case (_, JsonTokenKind.BeginObject):
                _open.Push(new JObject());
                _expected = Expected.KeyOrEnd;
                return null;
            case (_, JsonTokenKind.BeginArray):
                _open.Push(new JArray());
                _expected = Expected.ElementOrEnd;
                return null;
            default:
                return ParseScalar(token, out message);
        }
    }

    private string? ParseScalar(in JsonToken token, out JsonMessage message)
    {
        message = default;
        JValue? value;
        string? error = null;
        switch (token.Kind)
        {
            case JsonTokenKind.String:
                JsonString.TryDecode(token, out value, out error);
                break;
            case JsonTokenKind.Integer:
                value = JsonNumber.OfInteger(token.Text);
                break;
            case JsonTokenKind.Float:
                value = JsonNumber.OfFloat(token.Text);
                break;
            case JsonTokenKind.Keyword when token.Text.SequenceEqual("true"u8):
                value = new JValue(true);
                break;
            case JsonTokenKind.Keyword when token.Text.SequenceEqual("false"u8):
                value = new JValue(false);
                break;
            case JsonTokenKind.Keyword when token.Text.SequenceEqual("null"u8):
                value = JValue.CreateNull();
                break;
            case JsonTokenKind.Keyword:
                return Failure(token, JsonErrorText.Quoting("invalid keyword", token.Text));
            default:
                return Failure(token, "expecting value");
        }

        return value is null ? Failure(token, error!) : Add(value, token, out message);
    }

    /// <summary>Puts a finished value in its place: its container, or the message when nothing is open.</summary>
    private string? Add(JToken value, in JsonToken last, out JsonMessage message)
    {
        message = default;
        if (!_open.TryPeek(out var container))
        {
            message = new JsonMessage(value, Error: null);
        }
        else if (container is JObject members)
        {
            var key = _keys.Pop();
            if (members.ContainsKey(key))
                return Failure(last, "duplicate key");
            members.Add(key, value);
            _expected = Expected.CommaOrEndOfObject;
        }
        else
        {
            container.Add(value);
            _expected = Expected.CommaOrEndOfArray;
        }

        return null;
    }
}
