using System.Buffers;
using System.Globalization;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Qga.Transport.Protocol;

/// <summary>
/// Writes JSON as qemu-ga does: pure ASCII, a blank behind each comma and colon, upper-case hex in escapes, doubles as C's
/// <c>%.17g</c>. Base64 is not written here but kept as the bytes that it encodes, see <see cref="OutgoingMessage"/>.
/// </summary>
public sealed class QmpWriter : JsonTextWriter
{
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        " !#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    private const byte Sentinel = 0xFF;

    private readonly AsciiText _text;
    private readonly OutgoingMessage _message = new();

    private QmpWriter(AsciiText text)
        : base(text)
    {
        _text = text;
        AutoCompleteOnClose = false;
        Formatting = Formatting.Indented;   // calls the three methods below, which make of it one line with blanks
    }

    /// <summary>Writes one answer with its sentinel, its id and its line feed.</summary>
    public static OutgoingMessage Write(QmpResponse response, JToken? id)
    {
        using var json = new QmpWriter(new AsciiText());
        if (response.IsDelimited)
            json._text.Append(Sentinel);

        json.WriteStartObject();
        if (response.Error is { } error)
        {
            json.WriteId(id);
            json.WritePropertyName("error");
            json.WriteStartObject();
            json.WriteMember("class", error.Class.ToString());
            json.WriteMember("desc", error.Desc);
            json.WriteEndObject();
        }
        else
        {
            json.WritePropertyName("return");
            response.Return!.WriteTo(json);
            json.WriteId(id);
        }

        json.WriteEndObject();
        json.WriteRaw("\n");
        json._message.AddText(json._text.Take());
        return json._message;
    }

    public void WriteMember(string name, string value)
    {
        WritePropertyName(name);
        WriteValue(value);
    }

    public void WriteMember(string name, long value)
    {
        WritePropertyName(name);
        WriteValue(value);
    }

    public void WriteMember(string name, ulong value)
    {
        WritePropertyName(name);
        WriteValue(value);
    }

    public void WriteMember(string name, double value)
    {
        WritePropertyName(name);
        WriteValue(value);
    }

    public void WriteMember(string name, bool value)
    {
        WritePropertyName(name);
        WriteValue(value);
    }

    /// <summary>Writes an object whose members <paramref name="write"/> writes.</summary>
    public void WriteObjectMember<T>(string name, T value, Action<QmpWriter, T> write)
    {
        WritePropertyName(name);
        WriteObject(value, write);
    }

    /// <summary>Writes a list of objects, the members of each by <paramref name="write"/>.</summary>
    public void WriteListMember<T>(string name, IEnumerable<T> elements, Action<QmpWriter, T> write)
    {
        WritePropertyName(name);
        WriteArray(elements, write);
    }

    public void WriteListMember(string name, IEnumerable<string> elements)
    {
        WritePropertyName(name);
        WriteStartArray();
        foreach (var element in elements)
            WriteValue(element);
        WriteEndArray();
    }

    /// <summary>Writes a member that is left out where there is no value: the protocol knows no null.</summary>
    public void WriteOptionalMember(string name, string? value)
    {
        if (value is not null)
            WriteMember(name, value);
    }

    /// <inheritdoc cref="WriteOptionalMember(string, string?)"/>
    public void WriteOptionalMember(string name, long? value)
    {
        if (value is { } number)
            WriteMember(name, number);
    }

    /// <inheritdoc cref="WriteOptionalMember(string, string?)"/>
    public void WriteOptionalMember(string name, ulong? value)
    {
        if (value is { } number)
            WriteMember(name, number);
    }

    /// <summary>Writes an object whose members <paramref name="write"/> writes.</summary>
    public void WriteObject<T>(T value, Action<QmpWriter, T> write)
    {
        WriteStartObject();
        write(this, value);
        WriteEndObject();
    }

    /// <summary>Writes a list of objects, the members of each by <paramref name="write"/>.</summary>
    public void WriteArray<T>(IEnumerable<T> elements, Action<QmpWriter, T> write)
    {
        WriteStartArray();
        foreach (var element in elements)
            WriteObject(element, write);
        WriteEndArray();
    }

    /// <summary>
    /// Writes a member whose value is the base64 text of the first <paramref name="count"/> bytes of a buffer, which belongs to
    /// the message from here on.
    /// </summary>
    public void WriteBase64Member(string name, TransferBuffer buffer, int count)
    {
        _message.Own(buffer);
        WriteBase64Member(name, buffer.Memory[..count]);
    }

    /// <summary>Writes a member whose value is the base64 text of bytes that don't change until the message is sent.</summary>
    public void WriteBase64Member(string name, ReadOnlyMemory<byte> bytes)
    {
        WritePropertyName(name);
        WriteRawValue("\"");
        _message.AddText(_text.Take());
        _message.AddBase64(bytes);
        WriteRaw("\"");
    }

    public override void WritePropertyName(string name) => WritePropertyName(name, escape: true);

    public override void WritePropertyName(string name, bool escape) =>
        base.WritePropertyName(escape ? Escape(name) : name, escape: false);

    public override void WriteValue(string? value) => WriteRawValue($"\"{Escape(value!)}\"");

    public override void WriteValue(double value) => WriteRawValue(DoubleText.Of(value));

    /// <summary>A long string that the reader kept as UTF-8, coming back in an id.</summary>
    public override void WriteValue(byte[]? value) => WriteValue(System.Text.Encoding.UTF8.GetString(value!));

    protected override void WriteValueDelimiter() => WriteRaw(", ");

    protected override void WriteIndent()
    {
    }

    private static string Escape(string text)
    {
        if (!text.AsSpan().ContainsAnyExcept(Plain))
            return text;

        var escaped = new System.Text.StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length; i++)
        {
            var character = IsHalfOfPair(text, i) ? '\uFFFD' : text[i];
            _ = character switch
            {
                '"' => escaped.Append("\\\""),
                '\\' => escaped.Append("\\\\"),
                '\b' => escaped.Append("\\b"),
                '\f' => escaped.Append("\\f"),
                '\n' => escaped.Append("\\n"),
                '\r' => escaped.Append("\\r"),
                '\t' => escaped.Append("\\t"),
                < ' ' or > '~' => escaped.Append("\\u").Append(((int)character).ToString("X4", CultureInfo.InvariantCulture)),
                _ => escaped.Append(character),
            };
        }

        return escaped.ToString();
    }

    /// <summary>A path of the guest that is not UTF-8 has surrogates that stand alone, which no host would read.</summary>
    private static bool IsHalfOfPair(string text, int index) => char.IsSurrogate(text, index)
        && !char.IsSurrogatePair(text, index) && !(index > 0 && char.IsSurrogatePair(text, index - 1));

    private void WriteId(JToken? id)
    {
        if (id is null)
            return;
        WritePropertyName("id");
        id.WriteTo(this);
    }
}
