using Qga.Transport.Protocol;

namespace Qga.Transport.Tests;

/// <summary>A member whose text is the base64 of that many zeros.</summary>
internal sealed class LargeValue(int count) : IQmpValue
{
    public const string Before = "{\"return\": {\"buf-b64\": \"";

    public void WriteTo(QmpWriter json)
    {
        var buffer = TransferBuffer.Rent(count);
        buffer.Memory.Span.Clear();
        json.WriteStartObject();
        json.WriteBase64Member("buf-b64", buffer, count);
        json.WriteEndObject();
    }
}
