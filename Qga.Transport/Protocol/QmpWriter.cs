using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Qga.Transport.Protocol;

/// <summary>
/// Writes JSON as qemu-ga does: pure ASCII, a blank behind each comma and colon, upper-case hex in escapes, doubles as C's
/// <c>%.17g</c>. Base64 is not written here but kept as the bytes that it encodes, see <see cref="OutgoingMessage"/>.
/// </summary>
public sealed class QmpWriter : JsonTextWriter
{
    private const byte Sentinel = 0xFF;

    private readonly AsciiText _text;
    private readonly OutgoingMessage _message;

    private QmpWriter(AsciiText text, OutgoingMessage message)
        : base(text)
    {
        (_text, _message) = (text, message);
        AutoCompleteOnClose = false;
        Formatting = Formatting.Indented;   // calls the three methods below, which make of it one line with blanks
    }

    /// <summary>Writes one answer with its sentinel, its id and its line feed.</summary>
    public static OutgoingMessage Write(QmpResponse response, JToken? id)
    {
        var message = new OutgoingMessage();
        using var json = new QmpWriter(new AsciiText(message.AddText), message);
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
        message.AddText(json._text.Take());
        return message;
    }

    /// <summary>A value alone, as it is written into an answer: a line of ASCII, without a line feed.</summary>
    public static string TextOf(IQmpValue value)
    {
        var text = new StringBuilder();
        using var message = new OutgoingMessage();
        using var json = new QmpWriter(new AsciiText(block => text.Append(Encoding.ASCII.GetString(block.Span))), message);
        value.WriteTo(json);
        return text.Append(Encoding.ASCII.GetString(json._text.Take().Span)).ToString();
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

    public override void WritePropertyName(string name, bool escape)
    {
        _text.EscapesStrings = escape;
        base.WritePropertyName(name, escape: false);
        _text.EscapesStrings = false;
    }

    public override void WriteValue(string? value)
    {
        WriteRawValue("\"");
        _text.WriteEscaped(value);
        WriteRaw("\"");
    }

    public override void WriteValue(double value) => WriteRawValue(DoubleText.Of(value));

    /// <summary>Writes a string that is kept as UTF-8, which doesn't change until the message is sent.</summary>
    internal void WriteLongString(ReadOnlyMemory<byte> utf8)
    {
        WriteRawValue("\"");
        _message.AddText(_text.Take());
        _message.AddEscaped(utf8);
        WriteRaw("\"");
    }

    protected override void WriteValueDelimiter() => WriteRaw(", ");

    protected override void WriteIndent()
    {
    }

    private void WriteId(JToken? id)
    {
        if (id is null)
            return;
        WritePropertyName("id");
        id.WriteTo(this);
    }
}
